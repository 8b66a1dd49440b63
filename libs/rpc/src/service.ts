import type { Scope } from '@medlego/access';
import type { CompatServiceDefinition, ServiceImplementation } from 'nice-grpc';

/** A service with the scope that each of its methods asks for. */
export interface RpcService {
  readonly definition: CompatServiceDefinition;
  readonly implementation: ServiceImplementation<CompatServiceDefinition>;
  readonly scopes: Readonly<Record<string, Scope>>;
}

type ScopesOf<D extends CompatServiceDefinition> = D extends { methods: infer Methods }
  ? Readonly<Record<keyof Methods, Scope>>
  : Readonly<Record<string, Scope>>;

/** Puts a service together; a method without a scope does not type-check. */
export const rpcService = <D extends CompatServiceDefinition>(
  definition: D,
  implementation: ServiceImplementation<D>,
  { scopes }: { readonly scopes: ScopesOf<D> },
): RpcService => ({ definition, implementation: implementation as RpcService['implementation'], scopes });

/** `medlego.v1.Training` */
export const fullNameOf = (definition: CompatServiceDefinition): string =>
  'fullName' in definition ? (definition as { fullName: string }).fullName : '';

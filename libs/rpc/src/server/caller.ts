import { bearerToken, openAccess, requireScope, type Authenticator, type Caller } from '@medlego/access';
import type { CallContext, ServerMiddleware } from 'nice-grpc';
import { fullNameOf, type RpcService } from '../service.ts';

const callers = new WeakMap<AbortSignal, Caller>();

/** Who makes this call. @param context what a method implementation gets */
export function callerOf({ signal }: Pick<CallContext, 'signal'>): Caller {
  const caller = callers.get(signal);
  if (!caller) throw new TypeError('callerOf: not the context of a call that this server authenticated');
  return caller;
}

/** `/medlego.v1.Training/SubmitTraining` → scope. */
function scopesByPath(services: readonly RpcService[]): ReadonlyMap<string, RpcService['scopes'][string]> {
  const paths = services.flatMap(({ definition, scopes }) =>
    Object.entries(scopes).map(
      ([method, scope]) => [`/${fullNameOf(definition)}/${method[0]!.toUpperCase()}${method.slice(1)}`, scope] as const,
    ),
  );
  return new Map(paths);
}

/** Finds out who calls and whether they may. Paths that no service of ours has (health, reflection) are open. */
export function authenticateCalls(
  services: readonly RpcService[],
  authenticator: Authenticator = openAccess,
): ServerMiddleware {
  const scopes = scopesByPath(services);
  return async function* (call, context) {
    const scope = scopes.get(call.method.path);
    if (scope !== undefined) {
      const caller = await authenticator.authenticate(bearerToken(context.metadata.get('authorization')));
      requireScope(caller, scope);
      callers.set(context.signal, caller);
    }
    return yield* call.next(call.request, context);
  };
}

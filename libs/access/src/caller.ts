import { ScopeRequiredError } from '@medlego/errors';
import { scopes, type Scope } from './scope.ts';

/** Who asks, and what that one may do. */
export interface Caller {
  /** Stable name for logs and limits; never the token. */
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** Everyone, where no tokens are set up. */
export const anonymous: Caller = { subject: 'anonymous', scopes: new Set(scopes) };

export const hasScope = (caller: Caller, scope: Scope): boolean =>
  caller.scopes.has(scope) || caller.scopes.has('admin');

/** @throws ScopeRequiredError */
export function requireScope(caller: Caller, scope: Scope): void {
  if (!hasScope(caller, scope)) throw new ScopeRequiredError({ scope });
}

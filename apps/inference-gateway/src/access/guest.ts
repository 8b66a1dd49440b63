import { createHash, timingSafeEqual } from 'node:crypto';
import { anyOf, scopes, type Authenticator, type Caller } from '@medlego/access';
import { UnauthenticatedError } from '@medlego/errors';

const guest: Caller = { subject: 'anonymous', scopes: new Set(['read', 'predict']) };

/** Whoever sends no token may look and ask, and change nothing. */
const guests: Authenticator = {
  authenticate: (token) =>
    token === undefined
      ? Promise.resolve(guest)
      : Promise.reject(new UnauthenticatedError({ reason: 'the token is not known here' })),
};

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** One token that may do everything. */
function adminToken(secret: string): Authenticator {
  const caller: Caller = { subject: 'admin', scopes: new Set(scopes) };
  return {
    authenticate: (token) =>
      token !== undefined && timingSafeEqual(hashOf(token), hashOf(secret))
        ? Promise.resolve(caller)
        : Promise.reject(new UnauthenticatedError({ reason: 'the token is not known here' })),
  };
}

/** Who is let in: holders of tokens; without any way to check tokens, everyone as a guest. The admin token works beside both. */
export function gatewayAuthenticator(options: {
  readonly authenticator?: Authenticator;
  readonly adminToken?: string;
}): Authenticator {
  const others = options.authenticator ?? guests;
  return options.adminToken ? anyOf(adminToken(options.adminToken), others) : others;
}

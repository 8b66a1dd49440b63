import { AppError } from '../app-error.ts';

/** No token, or one that is not accepted: unknown, expired, from another issuer or for another audience. */
export class UnauthenticatedError extends AppError {
  readonly code = 'unauthenticated';
  readonly kind = 'bad_input';
  readonly facts: { readonly reason: string };
  constructor(facts: UnauthenticatedError['facts'], options?: { cause?: unknown }) {
    super(`Not signed in: ${facts.reason}. Send a token as "Authorization: Bearer TOKEN".`, options);
    this.facts = facts;
  }
}

/** Nobody can be let in now: the list of tokens cannot be read, or the identity provider does not answer. */
export class AuthenticationUnavailableError extends AppError {
  readonly code = 'authentication_unavailable';
  readonly kind = 'unavailable';
  readonly facts: { readonly source: string; readonly reason: string };
  constructor(facts: AuthenticationUnavailableError['facts'], options?: { cause?: unknown }) {
    super(`Tokens cannot be checked, so nobody is let in: ${facts.source}: ${facts.reason}.`, options);
    this.facts = facts;
  }
}

/** One caller sends more than its share. */
export class RateLimitedError extends AppError {
  readonly code = 'rate_limited';
  readonly kind = 'exhausted';
  readonly facts: { readonly subject: string; readonly limit: string; readonly retryAfterMs: number };
  constructor(facts: RateLimitedError['facts']) {
    super(`${facts.subject} may send ${facts.limit}. Try again in ${facts.retryAfterMs} ms.`);
    this.facts = facts;
  }
}

import { hasScope, requireScope, type Authenticator, type Caller, type Scope } from '@medlego/access';
import { RateLimitedError, UnauthenticatedError } from '@medlego/errors';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** What a route or method asks of its caller: one of these scopes, or nothing. */
export type Needs = readonly Scope[] | 'open';

export interface Entry {
  readonly token: string | undefined;
  readonly needs: readonly Scope[];
  /** Address of the caller: what is counted for those who have no name. */
  readonly from: string;
}

export interface RateLimit {
  readonly requests: number;
  /** Default 60. */
  readonly seconds?: number;
}

/** The one way in, of REST and gRPC: who is it, not too often, and may it? */
export class Gate {
  readonly #authenticator: Authenticator;
  readonly #limiter: RateLimiterMemory | undefined;
  readonly #limit: string;

  constructor(authenticator: Authenticator, rateLimit?: RateLimit) {
    this.#authenticator = authenticator;
    const { requests = 0, seconds = 60 } = rateLimit ?? {};
    this.#limit = `${requests} requests in ${seconds} s`;
    if (rateLimit) this.#limiter = new RateLimiterMemory({ points: requests, duration: seconds });
  }

  /** @throws UnauthenticatedError, AuthenticationUnavailableError, RateLimitedError, ScopeRequiredError */
  async enter({ token, needs, from }: Entry): Promise<Caller> {
    const caller = await this.#authenticate(token, from);
    await this.#count(caller.subject === 'anonymous' ? `anonymous at ${from}` : caller.subject);
    if (needs.some((scope) => hasScope(caller, scope))) return caller;
    if (token === undefined) throw new UnauthenticatedError({ reason: `this needs the scope ${needs.join(' or ')}` });
    requireScope(caller, needs[0]!);
    return caller;
  }

  /** Guesses count too, by address. */
  async #authenticate(token: string | undefined, from: string): Promise<Caller> {
    try {
      return await this.#authenticator.authenticate(token);
    } catch (error) {
      await this.#count(`unknown at ${from}`);
      throw error;
    }
  }

  async #count(subject: string): Promise<void> {
    try {
      await this.#limiter?.consume(subject);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new RateLimitedError({ subject, limit: this.#limit, retryAfterMs: Math.max(1, error.msBeforeNext) });
    }
  }
}

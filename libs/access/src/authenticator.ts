import { UnauthenticatedError } from '@medlego/errors';
import { anonymous, type Caller } from './caller.ts';

/** Finds out who sends a token. */
export interface Authenticator {
  /**
   * @param token without the word `Bearer`; undefined: none was sent
   * @throws UnauthenticatedError; AuthenticationUnavailableError where that cannot be found out now
   */
  authenticate(token: string | undefined): Promise<Caller>;
  close?(): Promise<void>;
}

/** Lets everyone do everything: for one person's machine. */
export const openAccess: Authenticator = { authenticate: () => Promise.resolve(anonymous) };

/** The token of an `Authorization` header; undefined for another scheme. */
export function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined || !/^bearer /i.test(header)) return undefined;
  return header.slice('bearer '.length).trim() || undefined;
}

/**
 * Accepts what one of them accepts, asked in order. One that cannot be reached stops none of the others; where none accepts the
 * token, its failure is what is thrown, because the answer is not known.
 */
export function anyOf(...authenticators: readonly Authenticator[]): Authenticator {
  return {
    async authenticate(token) {
      let refusal: unknown = new UnauthenticatedError({ reason: 'no way to sign in is set up' });
      let failure: unknown;
      for (const authenticator of authenticators) {
        try {
          return await authenticator.authenticate(token);
        } catch (error) {
          if (error instanceof UnauthenticatedError) refusal = error;
          else failure ??= error;
        }
      }
      throw failure ?? refusal;
    },
    async close() {
      await Promise.all(authenticators.map((authenticator) => authenticator.close?.()));
    },
  };
}

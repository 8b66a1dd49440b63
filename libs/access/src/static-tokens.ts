import { timingSafeEqual } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { AuthenticationUnavailableError, UnauthenticatedError } from '@medlego/errors';
import type { Authenticator } from './authenticator.ts';
import type { Caller } from './caller.ts';
import { sha256 } from './create-token.ts';
import { readTokenFile } from './token-file.ts';

interface Known extends Caller {
  readonly hash: Buffer;
  /** Milliseconds since 1970; Infinity: never. */
  readonly expires: number;
}

/**
 * The tokens of a file (`addToken`, `medlego token`). A change of the file holds from the next call on. A file that is gone or
 * damaged lets nobody in: an edit that was to take a token back must not leave it working.
 */
export function staticTokens(file: string): Authenticator {
  let read: { readonly stamp: string; readonly tokens: Promise<readonly Known[]> } | undefined;
  const tokens = async (): Promise<readonly Known[]> => {
    const { mtimeMs, size, ino } = await stat(file);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    if (read?.stamp !== stamp) read = { stamp, tokens: readKnown(file) };
    return read.tokens;
  };
  return {
    async authenticate(token) {
      if (token === undefined) throw new UnauthenticatedError({ reason: 'no token was sent' });
      const hash = sha256(token);
      let known: readonly Known[];
      try {
        known = await tokens();
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
        throw new AuthenticationUnavailableError({ source: 'the list of tokens', reason }, { cause });
      }
      let found: Known | undefined;
      for (const one of known) if (timingSafeEqual(one.hash, hash)) found = one; // all of them, so that time tells nothing
      if (!found) throw new UnauthenticatedError({ reason: 'the token is unknown or was revoked' });
      if (found.expires <= Date.now())
        throw new UnauthenticatedError({ reason: `the token expired at ${new Date(found.expires).toISOString()}` });
      return { subject: found.subject, scopes: found.scopes };
    },
  };
}

const readKnown = async (file: string): Promise<readonly Known[]> =>
  (await readTokenFile(file)).map(({ subject, scopes, sha256: hex, expires }) => ({
    subject,
    scopes: new Set(scopes),
    hash: Buffer.from(hex, 'hex'),
    expires: expires === undefined ? Infinity : Date.parse(expires),
  }));

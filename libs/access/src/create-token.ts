import { createHash, randomBytes } from 'node:crypto';
import { InvalidValueError } from '@medlego/errors';
import { parseScopes, type Scope } from './scope.ts';
import type { TokenEntry } from './token-file.ts';

export interface TokenRequest {
  /** Who will hold it, such as `pacs-bridge`. */
  readonly subject: string;
  readonly scopes: readonly Scope[];
  /** Default: never. */
  readonly expires?: Date;
}

export interface NewToken {
  /** The secret; it is nowhere else, and cannot be found again. */
  readonly token: string;
  /** What a token file keeps of it. */
  readonly entry: TokenEntry;
}

/** Secret scanners find leaked tokens by this. */
const prefix = 'medlego_';

/**
 * A token of 256 random bits.
 * @throws InvalidValueError for no subject, no scope, and a time that is past
 */
export function createToken({ subject, scopes, expires }: TokenRequest): NewToken {
  if (!/^[\w.:@/-]{1,200}$/.test(subject))
    throw new InvalidValueError({
      field: 'subject',
      expected: '1 to 200 letters, digits or any of . _ : @ / -',
      actual: subject,
    });
  if (expires && !(expires.getTime() > Date.now()))
    throw new InvalidValueError({ field: 'expires', expected: 'a time to come', actual: String(expires) });
  const token = `${prefix}${randomBytes(32).toString('base64url')}`;
  const entry = {
    subject,
    scopes: parseScopes(scopes),
    sha256: sha256(token).toString('hex'),
    ...(expires && { expires: expires.toISOString() }),
  };
  return { token, entry };
}

/** Names a token without revealing anything of it. */
export const tokenId = ({ sha256: hash }: Pick<TokenEntry, 'sha256'>): string => hash.slice(0, 12);

export const sha256 = (token: string): Buffer => createHash('sha256').update(token).digest();

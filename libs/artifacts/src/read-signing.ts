import { readFile } from 'node:fs/promises';
import { toAppError } from '@medlego/errors';
import type { SigningOptions } from './signing.ts';

/** Variables that name the keys of a store: files in PEM. */
export const signingVariables = ['MEDLEGO_SIGNING_KEY', 'MEDLEGO_TRUSTED_KEYS'] as const;

/**
 * The keys that an environment names. `MEDLEGO_SIGNING_KEY`: a private key that signs what is stored. `MEDLEGO_TRUSTED_KEYS`: public keys, with
 * commas between; once there is one, an artifact that none of them signed is refused.
 * @throws FileNotFoundError, AccessDeniedError naming the variable; what is no key is refused by the store that uses it
 */
export async function readSigning(env: Readonly<Record<string, string | undefined>>): Promise<SigningOptions> {
  const read = (name: (typeof signingVariables)[number], path: string) =>
    readFile(path, 'utf8').catch((error: unknown) => {
      throw toAppError(error, { path, what: name });
    });
  const { MEDLEGO_SIGNING_KEY: own, MEDLEGO_TRUSTED_KEYS: trusted } = env;
  const paths = (trusted ?? '')
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '');
  const trustedKeys = await Promise.all(paths.map((path) => read('MEDLEGO_TRUSTED_KEYS', path)));
  return {
    ...(own && { privateKey: await read('MEDLEGO_SIGNING_KEY', own) }),
    ...(trustedKeys.length > 0 && { requireSignature: true, trustedKeys }),
  };
}

import { InvalidValueError } from '@medlego/errors';
import { anyOf, type Authenticator } from './authenticator.ts';
import { oidcTokens } from './oidc-tokens.ts';
import { staticTokens } from './static-tokens.ts';
import { readTokenFile } from './token-file.ts';

/** As the variables `MEDLEGO_TOKENS_FILE`, `MEDLEGO_OIDC_ISSUER` and `MEDLEGO_OIDC_AUDIENCE` give it. */
export interface AccessSettings {
  readonly tokensFile?: string;
  readonly oidcIssuer?: string;
  readonly oidcAudience?: string;
}

/**
 * What the settings ask for; undefined: nothing, so everyone would be let in.
 * @throws errors of `readTokenFile`; InvalidValueError for an issuer without an audience, or the reverse
 */
export async function openAuthenticator(settings: AccessSettings): Promise<Authenticator | undefined> {
  const { tokensFile, oidcIssuer: issuer, oidcAudience: audience } = settings;
  const found: Authenticator[] = [];
  if (tokensFile !== undefined) {
    await readTokenFile(tokensFile); // what is wrong with it is said now, not to the first caller
    found.push(staticTokens(tokensFile));
  }
  if ((issuer === undefined) !== (audience === undefined))
    throw new InvalidValueError({
      field: issuer === undefined ? 'OIDC issuer' : 'OIDC audience',
      expected: 'issuer and audience together',
      actual: 'only one of them',
    });
  if (issuer !== undefined && audience !== undefined) found.push(oidcTokens({ issuer, audience }));
  return found.length > 1 ? anyOf(...found) : found[0];
}

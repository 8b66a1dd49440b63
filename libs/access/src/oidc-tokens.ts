import type { errors as JoseErrors, JWTPayload, JWTVerifyGetKey } from 'jose';
import { AuthenticationUnavailableError, InvalidValueError, UnauthenticatedError } from '@medlego/errors';
import type { Authenticator } from './authenticator.ts';
import { discoverKeys } from './discover-keys.ts';
import { scopesOf } from './scopes-of-claims.ts';

export interface OidcOptions {
  /** As the provider writes it in its tokens; https, or http on this machine. */
  readonly issuer: string;
  /** What the provider calls this server; tokens for others are refused. */
  readonly audience: string;
  /** Where the scopes are, with dots between levels; default: `scope`, `scp`, `roles`, `realm_access.roles` together. */
  readonly scopesClaim?: string;
  /** How far clocks may differ; default 30. */
  readonly clockToleranceSeconds?: number;
  /** Shortest time between two fetches of the provider's keys for a key that is not known yet; default 30,000. */
  readonly cooldownMs?: number;
  /** Default 5000. */
  readonly timeoutMs?: number;
}

/** Signatures only, by keys that only the provider has: neither `none` nor secrets that both sides know. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

const maxTokenLength = 16 * 1024;

/**
 * Access tokens (JWT) of an OpenID Connect provider, checked here by the provider's public keys. The keys are fetched when first
 * needed, kept, and fetched again when a token names a new one.
 *
 * @throws InvalidValueError for an issuer that is not https
 */
export function oidcTokens(options: OidcOptions): Authenticator {
  const { issuer, audience, clockToleranceSeconds = 30, cooldownMs = 30_000, timeoutMs = 5000 } = options;
  assertIssuer(issuer);
  const jose = import('jose'); // services without a provider never load it
  let opened: Promise<JWTVerifyGetKey> | undefined;
  const open = async (): Promise<JWTVerifyGetKey> => {
    try {
      const url = await discoverKeys(issuer, timeoutMs);
      const { createRemoteJWKSet } = await jose;
      return createRemoteJWKSet(url, { cooldownDuration: cooldownMs, timeoutDuration: timeoutMs });
    } catch (error) {
      opened = undefined; // calls that came meanwhile share the failure, the next one tries again
      throw error;
    }
  };
  return {
    async authenticate(token) {
      if (token === undefined) throw new UnauthenticatedError({ reason: 'no token was sent' });
      if (token.length > maxTokenLength || token.split('.').length !== 3)
        throw new UnauthenticatedError({ reason: 'the token is not a signed JWT' });
      const keys = await (opened ??= open());
      const { errors, jwtVerify } = await jose;
      let payload: JWTPayload;
      try {
        ({ payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms,
          clockTolerance: clockToleranceSeconds,
          requiredClaims: ['sub', 'exp'],
        }));
      } catch (error) {
        throw refusal(error, errors, options);
      }
      return { subject: payload.sub!, scopes: scopesOf(payload, options.scopesClaim) };
    },
  };
}

function assertIssuer(issuer: string): void {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const isLocal = url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url?.protocol === 'https:' || isLocal) return;
  throw new InvalidValueError({ field: 'issuer', expected: 'an https address', actual: issuer });
}

/** What the library says, in our words; only what the holder of the token knows already. */
function refusal(error: unknown, errors: typeof JoseErrors, { issuer, audience }: OidcOptions): Error {
  const unavailable: readonly string[] = [errors.JWKSTimeout.code, errors.JWKSInvalid.code, errors.JOSEError.code];
  if (!(error instanceof errors.JOSEError) || unavailable.includes(error.code))
    return new AuthenticationUnavailableError(
      { source: issuer, reason: error instanceof Error ? error.message : String(error) },
      { cause: error },
    );
  const refuse = (reason: string) => new UnauthenticatedError({ reason }, { cause: error });
  if (error instanceof errors.JWTExpired) return refuse('the token has expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return refuse(`the token is for another audience than ${audience}`);
    if (error.claim === 'iss') return refuse(`the token is of another issuer than ${issuer}`);
    return refuse(`the token's ${error.claim} is ${error.reason === 'missing' ? 'missing' : 'not accepted'}`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return refuse('the token is signed in a way that is not accepted');
  if (error instanceof errors.JWKSNoMatchingKey)
    return refuse('the token is signed by a key that its issuer does not have');
  return refuse('the token or its signature is not valid');
}

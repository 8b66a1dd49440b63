import { AuthenticationUnavailableError } from '@medlego/errors';

/**
 * Where a provider has its keys, by its discovery document (OpenID Connect Discovery 1.0, section 4).
 * @throws AuthenticationUnavailableError when it does not answer, or answers for another issuer
 */
export async function discoverKeys(issuer: string, timeoutMs: number): Promise<URL> {
  const fail = (reason: string, cause?: unknown) =>
    new AuthenticationUnavailableError({ source: issuer, reason }, { cause });
  let document: unknown;
  try {
    const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    document = await response.json();
  } catch (cause) {
    const { message, cause: deeper } = cause as Error;
    throw fail(`no discovery document (${deeper instanceof Error ? deeper.message : message})`, cause);
  }
  const { issuer: named, jwks_uri: keys } = (document ?? {}) as {
    readonly issuer?: unknown;
    readonly jwks_uri?: unknown;
  };
  if (named !== issuer) throw fail(`its discovery document is for the issuer ${String(named)}`);
  if (typeof keys !== 'string' || !URL.canParse(keys)) throw fail('its discovery document has no jwks_uri');
  const url = new URL(keys);
  if (url.protocol !== new URL(issuer).protocol && url.protocol !== 'https:') throw fail('its jwks_uri is not https');
  return url;
}

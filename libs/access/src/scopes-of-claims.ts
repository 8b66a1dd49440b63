import { isScope, type Scope } from './scope.ts';

/** Where providers put what a token allows: RFC 9068, Entra ID (`scp`, `roles`), Keycloak. */
const usualClaims = ['scope', 'scp', 'roles', 'realm_access.roles'];

/**
 * The scopes of ours among a token's claims, as lists or as text with spaces between; `medlego:predict` and `medlego.predict` are
 * `predict`. Others are for others and say nothing here.
 */
export function scopesOf(claims: Readonly<Record<string, unknown>>, claim?: string): ReadonlySet<Scope> {
  const names = (claim === undefined ? usualClaims : [claim]).flatMap((path) => {
    const value = claims[path] ?? valueAt(claims, path);
    if (typeof value === 'string') return value.split(' ');
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  });
  return new Set(names.map((name) => name.replace(/^medlego[:.]/, '')).filter(isScope));
}

const valueAt = (claims: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined,
      claims,
    );

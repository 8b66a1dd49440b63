import { InvalidValueError, nearestName } from '@medlego/errors';

/** What a caller may do. `admin` includes all others. */
export const scopes = ['read', 'predict', 'publish', 'train', 'merge', 'evaluate', 'promote', 'admin'] as const;

export type Scope = (typeof scopes)[number];

export const isScope = (text: string): text is Scope => (scopes as readonly string[]).includes(text);

/**
 * Scopes as text, in the order of `scopes`, each once.
 * @param field what to name in the error
 * @throws InvalidValueError for none, and for one that does not exist
 */
export function parseScopes(names: readonly string[], field = 'scopes'): Scope[] {
  const unknown = names.find((name) => !isScope(name));
  if (unknown !== undefined || names.length === 0) {
    const near = unknown === undefined ? undefined : nearestName(unknown, scopes);
    throw new InvalidValueError({
      field,
      expected: `some of ${scopes.join(', ')}${near ? ` (${near}?)` : ''}`,
      actual: unknown ?? 'none',
    });
  }
  return scopes.filter((scope) => names.includes(scope));
}

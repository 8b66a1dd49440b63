import { InvalidValueError } from '@medlego/errors';
import { closest } from 'fastest-levenshtein';
import type { z } from 'zod';

/**
 * Checks a value against a schema. An unknown key is refused with the valid key that looks most like it.
 *
 * @param source names the document in errors: a file, `rows[2].params`
 * @throws InvalidValueError naming the first wrong field by its path
 */
export function parseWithNearest<T extends z.ZodType>(schema: T, value: unknown, source: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = deepest(result.error.issues[0]!);
  const field = [source, ...issue.path].join('.');
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys;
    const known = keysAt(schema, issue.path);
    throw new InvalidValueError(
      { field: `${field}.${key}`, expected: known.join(', ') || 'no keys', actual: `an unknown key, ${key}` },
      known.length > 0 ? { hint: `Did you mean ${closest(key!, known)}?` } : undefined,
    );
  }
  const actual = issue.path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | null)?.[key], value);
  throw new InvalidValueError({ field, expected: issue.message, actual: JSON.stringify(actual)?.slice(0, 200) });
}

/** Of a union, the first complaint of the alternative that came furthest. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.flatMap(([first]) => (first ? [deepest(first)] : []));
  const best = inner.reduce<z.core.$ZodIssue | undefined>((a, b) => (a && reach(a) >= reach(b) ? a : b), undefined);
  return best ? { ...best, path: [...issue.path, ...best.path] } : issue;
}

const reach = (issue: z.core.$ZodIssue): number => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0);

/** Keys of the object that a schema has at a path; of all alternatives of a union. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const [key, ...rest] = path;
  const def = schema._zod.def as unknown as Record<string, unknown>;
  if (def['innerType']) return keysAt(def['innerType'] as z.core.$ZodType, path);
  if (def['options']) return (def['options'] as z.core.$ZodType[]).flatMap((option) => keysAt(option, path));
  if (def['shape']) {
    const shape = def['shape'] as Record<string, z.core.$ZodType>;
    if (key === undefined) return Object.keys(shape);
    return Object.hasOwn(shape, key) ? keysAt(shape[String(key)]!, rest) : [];
  }
  const inner = (def['element'] ?? def['valueType']) as z.core.$ZodType | undefined;
  return inner && key !== undefined ? keysAt(inner, rest) : [];
}

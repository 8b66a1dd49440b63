import { InvalidValueError } from '@medlego/errors';
import { type z } from 'zod';

/** Parses a JSON document by its schema. @throws InvalidValueError naming the first wrong field and its value */
export function parseSpec<Schema extends z.ZodType>(schema: Schema, input: unknown, source: string): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const actual = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
  throw new InvalidValueError({
    field: [source, ...issue.path].join('.'),
    expected: issue.message,
    actual: JSON.stringify(actual),
  });
}

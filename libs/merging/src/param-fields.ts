import { z } from 'zod';

/** One parameter of a method as data: what it may be, and what it is when nobody says. */
export type ParamField = {
  readonly description: string;
  /** Undefined for a parameter that may be absent. */
  readonly default?: unknown;
} & (
  | {
      readonly kind: 'number';
      readonly isInteger: boolean;
      /** Bounds; undefined where there is none. */
      readonly least?: number;
      readonly most?: number;
      /** Whether the bound itself is out. */
      readonly isAboveLeast: boolean;
      readonly isBelowMost: boolean;
    }
  | { readonly kind: 'choice'; readonly values: readonly (string | boolean)[] }
  | { readonly kind: 'other' }
);

interface JsonProperty {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly (string | boolean)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** The parameters of a method's own schema, by name: what searches vary and errors quote. */
export function paramFields(schema: z.ZodType): Readonly<Record<string, ParamField>> {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, JsonProperty>;
  };
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, toField(property)]));
}

function toField(property: JsonProperty): ParamField {
  const shared = { description: property.description ?? '', default: property.default };
  if (property.enum) return { ...shared, kind: 'choice', values: property.enum };
  if (property.type === 'boolean') return { ...shared, kind: 'choice', values: [false, true] };
  if (property.type !== 'number' && property.type !== 'integer') return { ...shared, kind: 'other' };
  const isInteger = property.type === 'integer';
  // zod bounds every integer by the safe ones, which says nothing about the parameter.
  const bound = (value: number | undefined) =>
    value !== undefined && Number.isSafeInteger(value) && Math.abs(value) === Number.MAX_SAFE_INTEGER
      ? undefined
      : value;
  const [above, below] = [bound(property.exclusiveMinimum), bound(property.exclusiveMaximum)];
  const [least, most] = [above ?? bound(property.minimum), below ?? bound(property.maximum)];
  return {
    ...shared,
    kind: 'number',
    isInteger,
    ...(least !== undefined && { least }),
    ...(most !== undefined && { most }),
    isAboveLeast: above !== undefined,
    isBelowMost: below !== undefined,
  };
}

/** A field's range in words, for errors: "a number above 0 and at most 1"; undefined where there is nothing to say. */
export function describeField(field: ParamField): string | undefined {
  if (field.kind === 'choice') return `one of ${field.values.join(', ')}`;
  if (field.kind === 'other') return undefined;
  const bounds = [
    field.least !== undefined && `${field.isAboveLeast ? 'above' : 'at least'} ${field.least}`,
    field.most !== undefined && `${field.isBelowMost ? 'below' : 'at most'} ${field.most}`,
  ].filter((bound) => bound !== false);
  return [field.isInteger ? 'a whole number' : 'a number', bounds.join(' and ')].filter(Boolean).join(' ');
}

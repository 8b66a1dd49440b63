import { InvalidValueError, nearestName, UnknownKeyError } from '@medlego/errors';
import { findMethod } from '@medlego/merging';
import { z } from 'zod';

const tunedSchema = z.strictObject({
  /** Images that chose the parameters. */
  split: z.enum(['train', 'val', 'test']),
  metric: z.enum(['acc', 'auc', 'loss']),
  objective: z.enum(['mean', 'gain-kept']),
  budget: z.strictObject({ candidates: z.int().min(1), seconds: z.number().positive().optional() }),
  /** How many were measured. */
  candidates: z.int().min(1),
  seed: z.int().min(0),
  /** Tasks whose images were asked. */
  tasks: z.array(z.string()).min(1),
});

const memberSchema = z.union([
  z.string().min(1),
  z.strictObject({
    /** Name or digest of a specialist. */
    ref: z.string().min(1),
    /** Its task: checked if given. */
    task: z.string().min(1).optional(),
    weight: z.number().optional(),
  }),
]);

const recipeSchema = z.strictObject({
  method: z.string().min(1),
  space: z.string().min(1).optional(),
  params: z.record(z.string(), z.unknown()).default({}),
  members: z.array(memberSchema).min(1),
  /** How the parameters were found; absent: nobody searched. */
  tuned: tunedSchema.optional(),
});

/** How a search found a recipe's parameters, as recipe files and artifacts record it. */
export type TunedRecord = Readonly<z.output<typeof tunedSchema>>;

/** A recipe as a file holds it: method, space, parameters, members and weights. */
export interface RecipeDocument {
  readonly method: string;
  readonly space?: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
  readonly members: readonly {
    readonly ref: string;
    readonly task?: string | undefined;
    readonly weight?: number | undefined;
  }[];
  readonly tuned?: TunedRecord | undefined;
}

/**
 * Checks a recipe that was read from a file, its method and that method's parameters included.
 *
 * @param source names the file in errors
 * @throws UnknownKeyError with the nearest key that exists, InvalidValueError naming the field, UnknownMergeMethodError
 */
export function parseRecipe(input: unknown, source: string): RecipeDocument {
  const result = recipeSchema.safeParse(input);
  if (!result.success) {
    const { issues } = result.error; // a misspelt key explains the missing one beside it
    throw recipeError(issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!, input, source);
  }
  const { members, ...rest } = result.data;
  findMethod(rest.method).configure(rest.params);
  return { ...rest, members: members.map((member) => (typeof member === 'string' ? { ref: member } : member)) };
}

function recipeError(issue: z.core.$ZodIssue, input: unknown, source: string): Error {
  const found = issue.code === 'invalid_union' ? deepest(issue) : issue;
  const path = [...issue.path, ...(found === issue ? [] : found.path)];
  const where = [source, ...path.map(String)].join('.');
  if (found.code === 'unrecognized_keys') {
    const [key] = found.keys as [string];
    const known = keysAt(path);
    return new UnknownKeyError({ where, key, known, nearest: nearestName(key, known) });
  }
  const actual = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null)?.[key], input);
  return new InvalidValueError({
    field: where,
    expected: found.message.replace(/^Invalid (input|option): expected /, '').replace(/, received .*$/, ''),
    actual: typeof actual === 'object' ? JSON.stringify(actual) : actual,
  });
}

/** Of a union's branches, the complaint of the object one: a member that is no string was meant as an object. */
function deepest(issue: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue {
  const branches = issue.errors.flat();
  return branches.find(({ code, path }) => code === 'unrecognized_keys' || path.length > 0) ?? branches.at(-1) ?? issue;
}

function keysAt([first, ...rest]: readonly PropertyKey[]): string[] {
  if (first === 'members') return Object.keys(memberSchema.options[1].shape);
  if (first === 'tuned') return Object.keys(rest[0] === 'budget' ? tunedSchema.shape.budget.shape : tunedSchema.shape);
  return Object.keys(recipeSchema.shape);
}

import { InvalidValueError } from '@medlego/errors';
import { parseTask, type Task } from '@medlego/tasks';
import { isDigest, type Digest } from '@medlego/tensors';
import { z } from 'zod';
import { artifactKinds, manifestSchema, type Json, type Manifest } from './manifest.ts';

// Loaded on demand: zod takes 60 ms to start, and listing a store must not wait for it.

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'sha256: and 64 hex digits');

/** `a/b.json`: relative, `/` between folders, no segment that begins with a dot. */
const filePath = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/, 'a relative path of plain names')
  .refine((path) => path !== 'manifest.json', 'another name than manifest.json');

const json: z.ZodType<Json> = z.json();

/** Unknown fields are kept: a manifest's digest covers them, and a later version may have added them. */
export const manifestZod = z.looseObject({
  schema: z.literal(manifestSchema),
  kind: z.enum(artifactKinds),
  backbone: digest.nullable(),
  tasks: z.array(z.custom<Task>((value) => typeof value === 'object' && value !== null, 'a task')),
  files: z.record(filePath, z.looseObject({ digest, size: z.int().nonnegative() })),
  config: z.record(z.string(), json),
  metrics: z.record(z.string(), json),
  parents: z.array(z.looseObject({ digest, role: z.string().regex(/^[a-z][a-z0-9-]*$/, 'a lower-case word') })),
  licences: z.array(z.string().min(1)),
  nonCommercial: z.boolean(),
  creator: z.looseObject({ name: z.string().min(1), version: z.string().min(1) }),
});

/** Checks a manifest from outside. Returns the same object. @throws InvalidValueError naming the first wrong field */
export function parseManifest(input: unknown, source = 'manifest'): Manifest {
  const result = manifestZod.safeParse(input);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const actual = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], input);
    throw new InvalidValueError({
      field: [source, ...issue.path].join('.'),
      expected: issue.message,
      actual: (JSON.stringify(actual) ?? 'nothing').slice(0, 200),
    });
  }
  const manifest = input as Manifest;
  manifest.tasks.forEach((task, index) => parseTask(task, `${source}.tasks.${index}`));
  refuseClashingPaths(Object.keys(manifest.files), source);
  return manifest;
}

/** A file cannot be a folder of another, and case alone cannot tell two apart: exporting would lose one. */
function refuseClashingPaths(paths: readonly string[], source: string): void {
  const seen = new Map<string, string>();
  for (const path of paths) seen.set(path.toLowerCase(), path);
  const clash =
    seen.size < paths.length
      ? paths.find((path) => seen.get(path.toLowerCase()) !== path)
      : paths.find((path) => folders(path.toLowerCase()).some((folder) => seen.has(folder)));
  if (clash !== undefined)
    throw new InvalidValueError({
      field: `${source}.files`,
      expected: 'paths that can lie side by side',
      actual: clash,
    });
}

const folders = (path: string): string[] => [...path.matchAll(/\//g)].map((match) => path.slice(0, match.index));

import { InvalidValueError } from '@medlego/errors';
import { z } from 'zod';

export const resourcesSchema = z.strictObject({
  /** CPU cores; fractions are allowed. */
  cores: z.number().positive().max(1024),
  memoryMb: z.number().int().positive(),
  gpus: z.number().int().min(0).max(64),
});

const label = z.string().regex(/^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/u);

/** The schema of a JobSpec; its limits are those of both runners, so that a job that one accepts the other accepts too. */
export const jobSpecSchema = z.strictObject({
  /** The identity of the job: lower-case letters, digits and dashes, at most 52 characters. Submitting a name again changes nothing. */
  name: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,50}[a-z0-9])?$/u),
  app: z.enum(['trainer', 'merger', 'evaluator']),
  /** What follows the name of the app on its command line. */
  args: z.array(z.string().max(8192)).max(256),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/u), z.string().max(32_768)),
  resources: resourcesSchema,
  /** Larger starts earlier; equal ones start in the order of submission. */
  priority: z.number().int().min(-1_000_000).max(1_000_000),
  labels: z.record(z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/u), label),
  /** Present: this many tasks that differ in the environment variable JOB_COMPLETION_INDEX (0, 1, ...) and fail alone. */
  completions: z.number().int().min(1).max(10_000).optional(),
  /** Seconds between SIGTERM and SIGKILL. */
  graceSeconds: z.number().int().min(0).max(86_400),
  /** Failures that end a task. Stopping with exit code 75 is not one. */
  maxAttempts: z.number().int().min(1).max(100),
});

/** What a job is to run, with what, and how often it may fail. */
export type JobSpec = Readonly<z.infer<typeof jobSpecSchema>>;

/** What one task of a job takes: cores, megabytes, whole GPUs. */
export type JobResources = Readonly<z.infer<typeof resourcesSchema>>;

/** @throws InvalidValueError that names the field */
export function parseJobSpec(value: unknown): JobSpec {
  const parsed = jobSpecSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  let actual: unknown = value;
  for (const key of issue.path) actual = (actual as Record<PropertyKey, unknown> | undefined)?.[key];
  const inEnv = issue.path[0] === 'env'; // may be a secret
  throw new InvalidValueError({
    field: `job ${issue.path.map(String).join('.') || 'specification'}`,
    expected: issue.message,
    actual: inEnv ? 'a value that is not shown' : String(JSON.stringify(actual)).slice(0, 100),
  });
}

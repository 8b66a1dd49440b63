import { z } from 'zod';

// Fields that several events share. Texts are bounded: an event is a note, not a container.

/** `sha256:` and 64 hex digits. */
export const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hex digits')
  .meta({ title: 'digest' });

/** Name of an artifact, as the artifact store takes it. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'a name of lower-case letters, digits, "-", "_", "."');

/** Version of a name, counted from 1. */
export const version = z.int().positive();

export const runId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a run id');

export const runKind = z.enum(['training', 'merging', 'evaluation']);

/** For people. */
export const text = z.string().max(2000);

export const requestId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'a request id');

/** An error as `AppError.toJSON` gives it. */
export const errorInfo = z.object({
  code: z.string().max(100),
  message: text,
  facts: z.record(z.string(), z.json()),
});

import { InvalidValueError } from '@medlego/errors';
import { z } from 'zod';

/** MedMNIST's task names, compared literally. */
export const taskKinds = ['binary-class', 'multi-class', 'multi-label, binary-class', 'ordinal-regression'] as const;
export type TaskKind = (typeof taskKinds)[number];

/** What a data set asks, and under which terms it may be used. Travels with data, specialists, generalists and reports. */
export const taskSchema = z.object({
  /** Lower-case name, unique within a generalist. */
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, 'lower-case letters, digits, "-" and "_"'),
  kind: z.enum(taskKinds),
  /** One name per class (or per label of a multi-label task), in label order; at least two, one is enough for multi-label. */
  labels: z.array(z.string().min(1)).min(1),
  modality: z.string().default('unknown'),
  licence: z.string().default('unknown'),
  /** True where the licence forbids commercial use; a merge inherits it. */
  nonCommercial: z.boolean().default(false),
  citation: z.string().default(''),
});
export type Task = z.output<typeof taskSchema>;
export type TaskInput = z.input<typeof taskSchema>;

/** Checks a task and fills in defaults. @throws InvalidValueError naming the first wrong field. */
export function parseTask(input: unknown, source = 'task'): Task {
  const result = taskSchema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new InvalidValueError({
    field: [source, ...issue.path].join('.'),
    expected: issue.message,
    actual: JSON.stringify(
      issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], input),
    ),
  });
}

/** Columns that a head of this task has: one per label. */
export const headWidth = (task: Pick<Task, 'labels'>): number => task.labels.length;

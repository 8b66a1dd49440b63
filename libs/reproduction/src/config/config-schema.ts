import { medmnistSizes } from '@medlego/data';
import { trainingPresetNames } from '@medlego/training';
import { z } from 'zod';

export const tableNames = ['table1', 'table2', 'fig2'] as const;
export type TableName = (typeof tableNames)[number];

export const settingNames = ['mirror', 'medmnist'] as const;
export type SettingName = (typeof settingNames)[number];

/** Ids become parts of artifact names: lower case, no dots. */
const id = z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, 'lower-case letters, digits, "-" and "_"');

const taskSchema = z.union([
  id.transform((name) => ({ name, source: 'file' as const, optional: false })),
  z.strictObject({
    name: id,
    /** What is printed. */
    title: z.string().optional(),
    /** `file`: NAME.npz in the data folder; `medmnist`: the original, downloaded; `shenzhen`: the folder given with --shenzhen. */
    source: z.enum(['file', 'medmnist', 'shenzhen']).default('file'),
    /** Left out, with a note, where its data are not given. */
    optional: z.boolean().default(false),
  }),
]);

/** Training settings are checked by the training library; here they only have to be an object. */
const settings = z.record(z.string(), z.unknown());

const sortSchema = z.strictObject({
  title: z.string(),
  /** `specialists`: one per task and seed. `joint`: one model of all tasks per seed. */
  kind: z.enum(['specialists', 'joint']).default('specialists'),
  /** Which of the two questions it belongs to: trained as the paper trains, or to be merged. */
  trainedAs: z.enum(['paper', 'mergeable']),
  preset: z.enum(trainingPresetNames).optional(),
  /** Over the preset. */
  settings: settings.default({}),
  /** Over both, for single tasks. */
  tasks: z.record(id, settings).default({}),
  /** Statistics to write beside the specialists, for methods that need them. */
  stats: z.array(z.enum(['gram', 'fisher'])).default([]),
});
export type SortConfig = z.output<typeof sortSchema>;

const methodSchema = z.string();
const params = z.record(z.string(), z.unknown());

const rowSchema = z.strictObject({
  /** Unique title. */
  row: z.string(),
  method: methodSchema,
  params: params.default({}),
  space: z.enum(['core', 'full']).optional(),
  /** Sorts of specialists that it merges; one row each. */
  sorts: z.array(id).min(1),
  /** Also with parameters chosen on validation. */
  tuned: z.boolean().default(false),
  /** Also with heads re-fitted on the merged features. */
  refit: z.boolean().default(false),
});
export type RowConfig = z.output<typeof rowSchema>;

const figuresSchema = z.strictObject({
  /** Sorts that the figures are drawn for. */
  sorts: z.array(id).default([]),
  /** Most triplets per module: accuracy against rank, Med-LEGO without a threshold. */
  ranks: z.array(z.int().min(1)).default([]),
  /** v of Med-LEGO. */
  thresholds: z.array(z.number().min(0).max(1)).default([]),
  /** Accuracy of every task in every merge of two. */
  interference: z.boolean().default(false),
});
export type FiguresConfig = z.output<typeof figuresSchema>;

const common = {
  setting: z.enum(settingNames),
  title: z.string(),
  /** Name of a backbone in the store or beside the sources. */
  backbone: z.string(),
  /** Side of the images in the files. */
  size: z.literal([...medmnistSizes]).default(28),
  /** Where the files are looked up, or downloaded to. */
  folder: z.string(),
  seeds: z.array(z.int().min(0)).min(1),
  /** Resamples of the bootstrap. */
  bootstrap: z.int().min(0).default(1000),
  sorts: z.record(id, sortSchema),
};

/** table1 and table2. */
export const tableConfigSchema = z.strictObject({
  table: z.enum(['table1', 'table2']),
  ...common,
  tasks: z.array(taskSchema).min(1),
  rows: z.array(rowSchema).min(1),
  figures: figuresSchema.prefault({}),
});
export type TableConfig = z.output<typeof tableConfigSchema>;
export type TaskConfig = TableConfig['tasks'][number];

const startSchema = z.strictObject({
  /** Unique title. */
  start: z.string(),
  /** Members: a group's tasks, without the new task itself. None: the plain backbone. */
  group: id.optional(),
  sort: id.optional(),
  method: methodSchema.optional(),
  params: params.default({}),
  space: z.enum(['core', 'full']).optional(),
});
export type StartConfig = z.output<typeof startSchema>;

/** fig2: accuracy over epochs of a new task from several starts. */
export const curvesConfigSchema = z.strictObject({
  table: z.literal('fig2'),
  ...common,
  newTasks: z.array(taskSchema).min(1),
  /** At most so many training images of a new task: what a hospital that joins has. All where it is left out. */
  trainImages: z.int().min(1).optional(),
  groups: z.record(id, z.array(taskSchema).min(1)),
  starts: z.array(startSchema).min(1),
  /** How the new task is trained from every start. */
  training: settings,
});
export type CurvesConfig = z.output<typeof curvesConfigSchema>;

export type ReproductionConfig = TableConfig | CurvesConfig;

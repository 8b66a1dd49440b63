import { augmentSchema } from '@medlego/data';
import { InvalidValueError } from '@medlego/errors';
import { adapterSpecSchema } from '@medlego/vit';
import { z } from 'zod';
import { scheduleNames } from './schedules.ts';
import { selectors } from './select.ts';

export const optimizerNames = ['adamw', 'sgd'] as const;
export const headInits = ['probe', 'random'] as const;
export const inputSubspaces = ['own', 'shared', 'disjoint'] as const;

const strengthRange = z.tuple([z.number().min(0), z.number().min(0)]).default([0, 1]);

/** Everything that decides which bytes a run ends with, beside data, backbone and engine. Defaults follow the paper where it says something. */
export const trainingSettingsSchema = z.strictObject({
  /** Of initial weights, shuffling, augmentation and update scales. */
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  /** Passes over the training split (paper: 100). */
  epochs: z.int().min(1).max(100_000).default(100),
  /** Images per update; the paper does not say. */
  batchSize: z.int().min(1).max(65_536).default(64),
  /** Images computed at a time; gradients are added up over a batch. null: the whole batch. */
  microBatchSize: z.int().min(1).nullable().default(null),
  /** What changes in the backbone (paper: SVD-LoRA, rank 4, q and v). */
  adapter: adapterSpecSchema.prefault({}),
  /**
   * Standard deviation of A and B of SVD-LoRA at the start (paper: Gaussian; AdaLoRA's code: 0.02), or `unit`: 1/√embedDim, with which
   * the rows of A and columns of B have length 1 on average. The gradient of E is proportional to these lengths: with 0.02 a short run
   * passes its first epoch while the penalty stretches A and B.
   */
  initStd: z.union([z.number().positive(), z.literal('unit')]).default(0.02),
  /** Weight of ‖BᵀB − I‖² + ‖AAᵀ − I‖² (paper: eq. 4, weight not stated; AdaLoRA's code 0.1). SVD-LoRA only. */
  penaltyWeight: z.number().min(0).default(0.1),
  /** `sum` over matrices as the paper writes it, or their `mean` as AdaLoRA's code does, which keeps the weight independent of depth. */
  penaltyReduction: z.enum(['sum', 'mean']).default('mean'),
  /** Where the head starts: at the linear probe solved on the plain backbone, or at random. */
  headInit: z.enum(headInits).default('probe'),
  /** false: the head stays where it starts and the adapter learns what improves on it ("anchored"). */
  trainHead: z.boolean().default(true),
  /** Factor on the learning rate of the head. */
  headRateFactor: z.number().min(0).default(1),
  /** The paper does not say. */
  optimizer: z.enum(optimizerNames).default('adamw'),
  /** Highest learning rate (paper: 3e-4). */
  learningRate: z.number().positive().default(3e-4),
  /** The paper does not say. */
  schedule: z.enum(scheduleNames).default('cosine'),
  /** Updates of linear rise before `constant` and `cosine`. */
  warmupSteps: z.int().min(0).default(0),
  /** Decoupled; not on biases, LayerNorm, E, class token and position embedding. */
  weightDecay: z.number().min(0).default(0.01),
  /** Largest norm of the whole gradient; null: not clipped. */
  clipNorm: z.number().positive().nullable().default(1),
  /** Share of the target given evenly to all labels. */
  labelSmoothing: z.number().min(0).lt(1).default(0),
  /** `none`, `balanced`, or a factor per label. */
  classWeights: z.union([z.enum(['none', 'balanced']), z.array(z.number().positive())]).default('none'),
  /** Which epoch is kept, by validation (paper: accuracy). */
  selectBy: z.enum(selectors).default('acc'),
  /** Looks at validation without anything better until training ends early; null: all epochs. */
  patience: z.int().min(1).nullable().default(null),
  /**
   * The adapter's update is multiplied by a random factor in [lo, hi] at every step, so that a merge, which scales it down, finds it
   * trained for that. null (the paper): always 1. Low-rank adapters only.
   */
  updateScaleRange: z
    .tuple([z.number().min(0), z.number().min(0)])
    .nullable()
    .default(null),
  /**
   * Other adapters that are active while this one is trained, as they will be in a merge: `adapters` stands for published specialists
   * (given beside the settings), `noise` for fresh random factors at every step, whose update has `norm` times the size of the frozen
   * weight. Their sum is scaled by a random factor in `scaleRange` at every step; validation is without them. null (the paper): none.
   */
  neighbours: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('adapters'), scaleRange: strengthRange }),
      z.strictObject({
        kind: z.literal('noise'),
        scaleRange: strengthRange,
        rank: z.int().min(1).default(4),
        norm: z.number().positive().default(0.02),
      }),
    ])
    .nullable()
    .default(null),
  /**
   * Keeps the adapter quiet on everything that is not its task: at every step `rows` generated textures (pictures of nothing, see
   * `textureImages`) go through the model, and the mean squared change of their features, which the heads of other tasks would see, is
   * added to the task loss with this weight. Nobody's images are needed. null (the paper): no such term. Low-rank adapters only, and
   * not together with `neighbours`.
   */
  quiet: z
    .strictObject({ weight: z.number().positive().default(20), rows: z.int().min(1).default(32) })
    .nullable()
    .default(null),
  /**
   * Where the adapter reads its input: `own`, a trained A (the paper); `shared`, a frozen A with orthonormal rows that is the same for
   * everyone on this backbone; `disjoint`, a frozen A orthogonal to that of every other index.
   */
  inputSubspace: z.enum(inputSubspaces).default('own'),
  /** Which block of rows is this task's, from 0. `disjoint` only. */
  subspaceIndex: z.int().min(0).nullable().default(null),
  /** Into how many blocks of `rank` rows the inputs are divided. `disjoint` only. */
  subspaceCount: z.int().min(1).nullable().default(null),
  /** Weight of Σ ‖ΔW‖²_F over modules: keeps updates small, so that they disturb one another less. Low-rank adapters only. */
  updatePenalty: z.number().min(0).default(0),
  /**
   * Joint training of several tasks: steps per task are proportional to its size to the power of 1 / temperature; 1 sees every image
   * once per epoch, large values all tasks alike.
   */
  taskTemperature: z.number().min(1).default(1),
  /** Random changes to training images; the paper does not say, the default is none. */
  augment: augmentSchema.prefault({}),
});

export type TrainingSettings = Readonly<z.output<typeof trainingSettingsSchema>>;
export type TrainingSettingsInput = Readonly<z.input<typeof trainingSettingsSchema>>;

/** What settings for low-rank adapters must be where there is none. */
const offValues = {
  updateScaleRange: null,
  neighbours: null,
  quiet: null,
  inputSubspace: 'own',
  updatePenalty: 0,
} as const;

/**
 * Checks settings and fills in defaults.
 * @throws InvalidValueError naming the first wrong field, settings that exclude each other included
 */
export function parseTrainingSettings(input: unknown = {}, source = 'settings'): TrainingSettings {
  const result = trainingSettingsSchema.safeParse(input);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const actual = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], input);
    throw new InvalidValueError({
      field: [source, ...issue.path].join('.'),
      expected: issue.message,
      actual: JSON.stringify(actual)?.slice(0, 200),
    });
  }
  const settings = result.data;
  const { adapter, trainHead, updateScaleRange } = settings;
  if (adapter.kind === 'head-only' && !trainHead)
    throw new InvalidValueError({
      field: `${source}.trainHead`,
      expected: 'true for adapter kind head-only',
      actual: false,
    });
  const refuse = (field: keyof TrainingSettings, expected: string, actual: unknown) =>
    new InvalidValueError({ field: `${source}.${field}`, expected, actual: String(actual) });
  if (adapter.kind !== 'svd-lora' && adapter.kind !== 'lora')
    for (const field of ['updateScaleRange', 'neighbours', 'quiet', 'inputSubspace', 'updatePenalty'] as const) {
      const off = offValues[field];
      if (settings[field] !== off)
        throw refuse(field, `${off} for adapter kind ${adapter.kind}`, JSON.stringify(settings[field]));
    }
  for (const [field, range] of [
    ['updateScaleRange', updateScaleRange],
    ['neighbours', settings.neighbours?.scaleRange],
  ] as const)
    if (range && range[0] > range[1]) throw refuse(field, '[lo, hi] with lo at most hi', `[${range}]`);
  if (settings.quiet && settings.neighbours)
    throw refuse('quiet', 'null where neighbours are active', JSON.stringify(settings.quiet));
  const { inputSubspace, subspaceIndex, subspaceCount } = settings;
  for (const [field, value] of [
    ['subspaceIndex', subspaceIndex],
    ['subspaceCount', subspaceCount],
  ] as const)
    if ((value !== null) !== (inputSubspace === 'disjoint'))
      throw refuse(field, inputSubspace === 'disjoint' ? 'a whole number' : `null for ${inputSubspace}`, value);
  if (subspaceIndex !== null && subspaceIndex >= subspaceCount!)
    throw refuse('subspaceIndex', `below subspaceCount ${subspaceCount}`, subspaceIndex);
  return Object.freeze(settings);
}

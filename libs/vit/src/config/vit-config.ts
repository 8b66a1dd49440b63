import { InvalidValueError } from '@medlego/errors';
import { z } from 'zod';

const count = z.int().min(1);

/**
 * A plain vision transformer (Dosovitskiy et al. 2020, arXiv 2010.11929) in timm's words: norms before attention and MLP,
 * class-token pooling; and with the fields at the end the visual tower of a CLIP (Radford et al. 2021, arXiv 2103.00020).
 */
export const vitConfigSchema = z
  .strictObject({
    /** Side of the square input, pixels; a multiple of patchSize. */
    imgSize: count,
    /** Side of a square patch, pixels. */
    patchSize: count,
    /** Colour channels of the input. */
    inChans: count.default(3),
    /** Rows of the backbone's own head; 0: it has none. Heads of tasks belong to specialists. */
    numClasses: z.int().min(0).default(0),
    /** Width of a token; a multiple of numHeads. */
    embedDim: count,
    /** Number of blocks. */
    depth: count,
    numHeads: count,
    /** Hidden width of the MLP divided by embedDim. */
    mlpRatio: z.number().positive().default(4),
    /** Whether query, key and value projections have a bias. */
    qkvBias: z.boolean().default(true),
    /** Epsilon of every LayerNorm: 1e-6 in timm, 1e-12 in Hugging Face. */
    layerNormEps: z.number().positive().default(1e-6),
    /** CLIP's order: a LayerNorm before the blocks, and no bias of the patch embedding. Absent: neither (timm's `pre_norm`). */
    preNorm: z.boolean().optional(),
    /** Activation of the MLP; absent: `gelu`, by erf. `quick_gelu` is x σ(1.702 x), which OpenAI's CLIP was trained with. */
    actLayer: z.enum(['gelu', 'quick_gelu']).optional(),
    /** Features are projected to this width after the last LayerNorm, as CLIP does for its images. Absent: they are not. */
    projDim: count.optional(),
  })
  .superRefine((config, context) => {
    const fail = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (config.imgSize % config.patchSize !== 0) fail('imgSize', `a multiple of patchSize ${config.patchSize}`);
    if (config.embedDim % config.numHeads !== 0) fail('embedDim', `a multiple of numHeads ${config.numHeads}`);
    const hidden = config.embedDim * config.mlpRatio;
    if (Math.abs(hidden - Math.round(hidden)) > 1e-6)
      fail('mlpRatio', 'a ratio that gives a whole number of hidden units');
  });

export type VitConfig = Readonly<z.output<typeof vitConfigSchema>>;
export type VitConfigInput = Readonly<z.input<typeof vitConfigSchema>>;

/**
 * Checks a configuration and fills in defaults.
 *
 * @param source names the file or argument in error messages
 * @throws InvalidValueError naming the first wrong field, unknown fields included
 */
export const parseVitConfig = (input: unknown, source = 'config'): VitConfig =>
  Object.freeze(parseWith(vitConfigSchema, input, source));

/** Parses with a zod schema. @throws InvalidValueError naming the first wrong field with what was expected and found there */
export function parseWith<T extends z.ZodType>(schema: T, input: unknown, source: string): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const actual = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], input);
  throw new InvalidValueError({
    field: [source, ...issue.path].join('.'),
    expected: issue.message,
    actual: JSON.stringify(actual)?.slice(0, 200),
  });
}

/** Patches along one side of the image. */
export const gridSize = (config: Pick<VitConfig, 'imgSize' | 'patchSize'>): number => config.imgSize / config.patchSize;

/** Tokens of a sequence: one per patch and the class token. */
export const tokenCount = (config: Pick<VitConfig, 'imgSize' | 'patchSize'>): number => gridSize(config) ** 2 + 1;

/** Hidden width of the MLP. */
export const mlpDim = (config: Pick<VitConfig, 'embedDim' | 'mlpRatio'>): number =>
  Math.round(config.embedDim * config.mlpRatio);

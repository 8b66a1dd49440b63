import { UnsupportedModelError } from '@medlego/errors';
import { z } from 'zod';
import { isResnet, type BackboneConfig } from '../../config/backbone-config.ts';
import { poolWidth } from '../../config/resnet-config.ts';
import { parseWith } from '../../config/vit-config.ts';
import { type JsonObject } from '../bundle.ts';

export const supportedTowers =
  "open_clip's vision transformer with class-token pooling, its ModifiedResNet, and plain vision transformers of timm";

/** Parts of a vision transformer that are switched on here and not computed by us, with the value that leaves them off. */
const switches = {
  ls_init_value: null,
  attentional_pool: false,
  no_ln_pre: false,
  pool_type: 'tok',
  qk_norm: false,
  scaled_cosine_attn: false,
  scale_heads: false,
  scale_attn_inner: false,
  scale_attn: false,
  scale_fc: false,
  act_kwargs: null,
} as const;

const visionSchema = z.looseObject({
  image_size: z.union([z.int(), z.array(z.int())]).default(224),
  layers: z.union([z.int(), z.array(z.int())]).optional(),
  width: z.int().positive().optional(),
  head_width: z.int().positive().default(64),
  norm_kwargs: z.looseObject({ eps: z.number().positive().optional() }).nullish(),
  timm_model_name: z.string().nullish(),
  timm_pool: z.string().default('avg'),
});
const modelSchema = z.looseObject({
  embed_dim: z.int().positive(),
  quick_gelu: z.boolean().default(false),
  vision_cfg: visionSchema,
});
const preprocessSchema = z.looseObject({
  mean: z.array(z.number()).optional(),
  std: z.array(z.number()).optional(),
  interpolation: z.string().default('bicubic'),
  resize_mode: z.string().default('shortest'),
});
const documentSchema = z.looseObject({ model_cfg: modelSchema, preprocess_cfg: preprocessSchema.optional() });

/** What an `open_clip_config.json`, or the model configuration inside it alone, says about the visual tower. */
export interface OpenClipConfig {
  readonly imgSize: number;
  readonly quickGelu: boolean;
  /** Width of one attention head. */
  readonly headWidth: number;
  readonly layerNormEps?: number;
  readonly timmModel?: string;
  /** How images are prepared; open_clip's default is the mean and deviation of OpenAI's data. */
  readonly preprocess: {
    readonly mean: readonly number[];
    readonly std: readonly number[];
    readonly interpolation: string;
  };
  readonly crops: boolean;
}

const openAiMean = [0.48145466, 0.4578275, 0.40821073];
const openAiStd = [0.26862954, 0.26130258, 0.27577711];

/**
 * @throws InvalidValueError naming the wrong field, UnsupportedModelError for a tower with parts that are not computed here
 */
export function readOpenClipConfig(json: unknown, source: string): OpenClipConfig {
  const isDocument = typeof json === 'object' && json !== null && 'model_cfg' in json;
  const { model_cfg: model, preprocess_cfg: prepared }: z.output<typeof documentSchema> = isDocument
    ? parseWith(documentSchema, json, source)
    : { model_cfg: parseWith(modelSchema, json, source) };
  const vision = model.vision_cfg;
  const refuse = (feature: string) => new UnsupportedModelError({ source, feature, supported: supportedTowers });
  for (const [name, off] of Object.entries(switches)) {
    const value = vision[name];
    if (value !== undefined && value !== null && value !== off) throw refuse(`${name} ${JSON.stringify(value)}`);
  }
  if (vision.timm_model_name && !['', 'token'].includes(vision.timm_pool))
    throw refuse(`timm_pool ${vision.timm_pool}`);
  const size = vision.image_size;
  if (typeof size !== 'number' && (size.length !== 2 || size[0] !== size[1]))
    throw refuse(`image_size ${JSON.stringify(size)} (no square)`);
  return {
    imgSize: typeof size === 'number' ? size : size[0]!,
    quickGelu: model.quick_gelu,
    headWidth: vision.head_width,
    ...(vision.norm_kwargs?.eps && { layerNormEps: vision.norm_kwargs.eps }),
    ...(vision.timm_model_name && { timmModel: vision.timm_model_name }),
    preprocess: {
      mean: prepared?.mean ?? openAiMean,
      std: prepared?.std ?? openAiStd,
      interpolation: prepared?.interpolation ?? 'bicubic',
    },
    crops: (prepared?.resize_mode ?? 'shortest') === 'shortest',
  };
}

/**
 * The `model_cfg` of a tower, as open_clip builds it. The text side is not ours: its settings are open_clip's defaults.
 *
 * @param embedDim width of the common space; where the projection was left out, of the tower
 */
export function writeModelConfig(config: BackboneConfig): JsonObject {
  const vision = isResnet(config)
    ? {
        image_size: config.imgSize,
        layers: config.layers,
        width: config.width,
        head_width: poolWidth(config) / config.numHeads,
        patch_size: null,
      }
    : {
        image_size: config.imgSize,
        patch_size: config.patchSize,
        layers: config.depth,
        width: config.embedDim,
        head_width: config.embedDim / config.numHeads,
        mlp_ratio: config.mlpRatio,
        ...(config.layerNormEps !== 1e-5 && { norm_kwargs: { eps: config.layerNormEps } }),
      };
  return {
    embed_dim: isResnet(config) ? config.embedDim : (config.projDim ?? config.embedDim),
    ...(!isResnet(config) && config.actLayer === 'quick_gelu' && { quick_gelu: true }),
    vision_cfg: vision,
    text_cfg: {},
  };
}

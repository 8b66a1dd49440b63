import { InvalidValueError, MissingTensorError, UnsupportedModelError } from '@medlego/errors';
import { type NamedTensors } from '@medlego/tensors';
import { z } from 'zod';
import { findVitPreset } from '../config/presets.ts';
import { mlpDim, parseVitConfig, parseWith, type VitConfig, type VitConfigInput } from '../config/vit-config.ts';
import { type JsonObject } from './bundle.ts';

const supported = 'plain vision transformers with GELU or QuickGELU and class-token pooling';

const timmKeys = {
  img_size: 'imgSize',
  patch_size: 'patchSize',
  in_chans: 'inChans',
  embed_dim: 'embedDim',
  depth: 'depth',
  num_heads: 'numHeads',
  mlp_ratio: 'mlpRatio',
  qkv_bias: 'qkvBias',
  norm_eps: 'layerNormEps',
} as const;

/** Constructor arguments that do not change what the model computes, at least at these values. */
const timmNeutral: Record<string, (value: unknown) => boolean> = {
  num_classes: () => true,
  global_pool: (value) => value === 'token' || value === '',
  class_token: (value) => value === true,
  act: (value) => value === 'gelu (erf)' || value === 'gelu',
  act_layer: (value) => value === 'gelu' || value === 'quick_gelu' || value === null,
  pre_norm: (value) => typeof value === 'boolean',
  dynamic_img_size: () => true,
};

const timmSchema = z.looseObject({
  architecture: z.string().optional(),
  model_args: z.record(z.string(), z.unknown()).optional(),
  pretrained_cfg: z.record(z.string(), z.unknown()).optional(),
  global_pool: z.string().optional(),
});

/**
 * timm's configuration: the `config.json` of its hub format (architecture, model_args, pretrained_cfg), or the constructor's
 * arguments as one flat object. What neither says is left open and read off the tensors.
 */
export function readTimmConfig(json: unknown, source: string): Partial<VitConfigInput> {
  const {
    architecture,
    model_args: modelArgs,
    pretrained_cfg: pretrained,
    ...flat
  } = parseWith(timmSchema, json, source);
  const preset = architecture === undefined ? undefined : findVitPreset(architecture);
  if (architecture !== undefined && !preset && !modelArgs)
    throw new UnsupportedModelError({ source, feature: `architecture ${architecture}`, supported });
  const inputSize = pretrained?.['input_size'];
  const size = Array.isArray(inputSize) && typeof inputSize[2] === 'number' ? { imgSize: inputSize[2] } : {};
  const args: Record<string, unknown> = architecture === undefined ? flat : { ...modelArgs };
  if (flat['norm_eps'] !== undefined) args['norm_eps'] = flat['norm_eps'];
  const pooling = flat.global_pool;
  if (pooling !== undefined && !timmNeutral['global_pool']!(pooling))
    throw new UnsupportedModelError({ source, feature: `global_pool ${pooling}`, supported });

  const config: Record<string, unknown> = { ...preset, ...size };
  for (const [key, value] of Object.entries(args)) {
    if (Object.hasOwn(timmKeys, key)) config[timmKeys[key as keyof typeof timmKeys]] = value;
    else {
      // A flat object may hold notes of any kind; an argument of the constructor has to be understood.
      const isNeutral = Object.hasOwn(timmNeutral, key) ? timmNeutral[key]!(value) : architecture === undefined;
      if (!isNeutral)
        throw new UnsupportedModelError({ source, feature: `${key} ${JSON.stringify(value)}`, supported });
    }
  }
  // These two are set where they differ from the usual, and whatever a tag of the architecture says.
  if (args['act_layer'] === 'quick_gelu') config['actLayer'] = 'quick_gelu';
  if (args['pre_norm'] === true) config['preNorm'] = true;
  return config as Partial<VitConfigInput>;
}

/** timm's hub format; `timm.create_model('local-dir:...')` reads it. LayerNorm's epsilon is no argument there and stands beside. */
export function writeTimmConfig(config: VitConfig, numClasses: number, pretrained: JsonObject): JsonObject {
  return {
    // Of the two, the first has LayerNorm's epsilon at 1e-5.
    architecture: config.preNorm ? 'vit_base_patch16_clip_224' : 'vit_base_patch16_224',
    num_classes: numClasses,
    num_features: config.embedDim,
    global_pool: 'token',
    norm_eps: config.layerNormEps,
    model_args: {
      img_size: config.imgSize,
      patch_size: config.patchSize,
      in_chans: config.inChans,
      embed_dim: config.embedDim,
      depth: config.depth,
      num_heads: config.numHeads,
      mlp_ratio: config.mlpRatio,
      qkv_bias: config.qkvBias,
      ...(config.preNorm && { pre_norm: true }),
      ...(config.actLayer && { act_layer: config.actLayer }),
    },
    pretrained_cfg: {
      ...pretrained,
      num_classes: numClasses,
      first_conv: 'patch_embed.proj',
      classifier: 'head',
    },
  };
}

const hfSchema = z.looseObject({
  model_type: z.string().optional(),
  hidden_size: z.int().positive().default(768),
  num_hidden_layers: z.int().positive().default(12),
  num_attention_heads: z.int().positive().default(12),
  intermediate_size: z.int().positive().default(3072),
  hidden_act: z.string().default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-12),
  image_size: z.union([z.int(), z.array(z.int())]).default(224),
  patch_size: z.union([z.int(), z.array(z.int())]).default(16),
  num_channels: z.int().positive().default(3),
  qkv_bias: z.boolean().default(true),
  id2label: z.record(z.string(), z.string()).nullish(),
});

/** Hugging Face's `config.json` of a ViT, with its defaults, and the names of its head's classes. */
export function readHfConfig(json: unknown, source: string): { config: VitConfigInput; labels?: readonly string[] } {
  const raw = parseWith(hfSchema, json, source);
  const refuse = (feature: string) => new UnsupportedModelError({ source, feature, supported });
  if (raw.model_type !== undefined && raw.model_type !== 'vit') throw refuse(`model_type ${raw.model_type}`);
  if (raw.hidden_act !== 'gelu') throw refuse(`hidden_act ${raw.hidden_act}`);
  const side = (field: string, value: number | readonly number[]): number => {
    if (typeof value === 'number') return value;
    if (value.length !== 2 || value[0] !== value[1]) throw refuse(`${field} ${JSON.stringify(value)} (no square)`);
    return value[0]!;
  };
  const labels = raw.id2label && Object.keys(raw.id2label).map((_, i) => raw.id2label![String(i)] ?? `class ${i}`);
  return {
    config: {
      imgSize: side('image_size', raw.image_size),
      patchSize: side('patch_size', raw.patch_size),
      inChans: raw.num_channels,
      embedDim: raw.hidden_size,
      depth: raw.num_hidden_layers,
      numHeads: raw.num_attention_heads,
      mlpRatio: raw.intermediate_size / raw.hidden_size,
      qkvBias: raw.qkv_bias,
      layerNormEps: raw.layer_norm_eps,
    },
    ...(labels && { labels }),
  };
}

export function writeHfConfig(config: VitConfig, labels: readonly string[] | undefined): JsonObject {
  return {
    architectures: [labels ? 'ViTForImageClassification' : 'ViTModel'],
    model_type: 'vit',
    hidden_size: config.embedDim,
    num_hidden_layers: config.depth,
    num_attention_heads: config.numHeads,
    intermediate_size: mlpDim(config),
    hidden_act: 'gelu',
    layer_norm_eps: config.layerNormEps,
    image_size: config.imgSize,
    patch_size: config.patchSize,
    num_channels: config.inChans,
    qkv_bias: config.qkvBias,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    dtype: 'float32',
    ...(labels && {
      id2label: Object.fromEntries(labels.map((label, i) => [String(i), label])),
      label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    }),
  };
}

/**
 * Completes a configuration from the tensors' shapes. The number of heads leaves no trace in them: without a configuration it
 * is taken from the usual 64 dimensions per head, with a warning.
 *
 * @param params by timm's names, qkv fused
 * @throws MissingTensorError, InvalidValueError if shapes contradict each other or the heads cannot be told
 */
export function completeConfig(
  known: Partial<VitConfigInput>,
  params: NamedTensors,
  source: string,
): { config: VitConfig; warnings: string[] } {
  const shape = (name: string): readonly number[] => {
    const tensor = params[name];
    if (!tensor) throw new MissingTensorError({ param: name, source });
    return tensor.shape;
  };
  const [dim = 0, inChans = 0, patchSize = 0] = shape('patch_embed.proj.weight');
  const grid = Math.sqrt((shape('pos_embed')[1] ?? 0) - 1);
  const depth =
    1 + Math.max(-1, ...Object.keys(params).map((name) => Number(/^blocks\.(\d+)\./.exec(name)?.[1] ?? -1)));
  const warnings: string[] = [];
  let numHeads = known.numHeads;
  if (numHeads === undefined) {
    if (dim % 64 !== 0)
      throw new InvalidValueError(
        { field: `${source}: number of heads`, expected: 'a configuration file that says it', actual: 'none' },
        { hint: 'Put the .json beside the tensors.' },
      );
    numHeads = dim / 64;
    warnings.push(`${source}: no configuration says the number of heads; taken as ${numHeads}, 64 dimensions each.`);
  }
  const config = parseVitConfig(
    {
      imgSize: grid * patchSize,
      patchSize,
      inChans,
      embedDim: dim,
      depth,
      mlpRatio: (shape('blocks.0.mlp.fc1.weight')[0] ?? 0) / dim,
      qkvBias: 'blocks.0.attn.qkv.bias' in params,
      ...('norm_pre.weight' in params && { preNorm: true }),
      ...known,
      numHeads,
      numClasses: 0,
    },
    source,
  );
  return { config, warnings };
}

import { targetModules, type TargetModule } from '../adapters/modules.ts';

/** Whose names a file uses: timm's, or those of transformers up to 4 (`encoder.layer.0`) or since 5 (`layers.0`). */
export type NameFamily = 'timm' | 'hf4' | 'hf5';
export const nameFamilies = ['timm', 'hf4', 'hf5'] as const;

type BlockLayer = 'norm1' | 'norm2' | 'qkv' | TargetModule;
type OuterLayer = 'cls_token' | 'pos_embed' | 'patch_embed.proj' | 'norm_pre' | 'norm' | 'head';

/** A layer of the model, or one of its two bare parameters, whatever it is called. */
export type Place =
  { readonly layer: OuterLayer; readonly block?: undefined } | { readonly layer: BlockLayer; readonly block: number };

const blockLists: Record<NameFamily, string> = { timm: 'blocks', hf4: 'encoder.layer', hf5: 'layers' };

/** timm fuses query, key and value into one layer, transformers keeps them apart. */
const blockLayers: Record<NameFamily, Partial<Record<BlockLayer, string>>> = {
  timm: { norm1: 'norm1', norm2: 'norm2', qkv: 'attn.qkv', proj: 'attn.proj', fc1: 'mlp.fc1', fc2: 'mlp.fc2' },
  hf4: {
    norm1: 'layernorm_before',
    norm2: 'layernorm_after',
    q: 'attention.attention.query',
    k: 'attention.attention.key',
    v: 'attention.attention.value',
    proj: 'attention.output.dense',
    fc1: 'intermediate.dense',
    fc2: 'output.dense',
  },
  hf5: {
    norm1: 'layernorm_before',
    norm2: 'layernorm_after',
    q: 'attention.q_proj',
    k: 'attention.k_proj',
    v: 'attention.v_proj',
    proj: 'attention.o_proj',
    fc1: 'mlp.fc1',
    fc2: 'mlp.fc2',
  },
};

const timmOuter: Record<OuterLayer, string> = {
  cls_token: 'cls_token',
  pos_embed: 'pos_embed',
  'patch_embed.proj': 'patch_embed.proj',
  norm_pre: 'norm_pre',
  norm: 'norm',
  head: 'head',
};
const hfOuter: Partial<Record<OuterLayer, string>> = {
  cls_token: 'embeddings.cls_token',
  pos_embed: 'embeddings.position_embeddings',
  'patch_embed.proj': 'embeddings.patch_embeddings.projection',
  norm: 'layernorm',
  head: 'classifier',
};
const outerLayers: Record<NameFamily, Partial<Record<OuterLayer, string>>> = {
  timm: timmOuter,
  hf4: hfOuter,
  hf5: hfOuter,
};

/** The model inside `ViTForImageClassification`; a bare `ViTModel` is saved without it. */
const hfPrefix = 'vit.';

/** Finds out whose names these are by the first that lies in a block; undefined if none does. */
export function detectFamily(names: Iterable<string>): NameFamily | undefined {
  for (const name of names) {
    const match = /^(?:vit\.)?(?:(blocks)|(encoder\.layer)|(layers))\.\d+\./.exec(name);
    if (match) return match[1] ? 'timm' : match[2] ? 'hf4' : 'hf5';
  }
  return undefined;
}

/** The place that a layer's path names in a family, without `.weight` or `.bias`; undefined if it names none. */
export function findPlace(family: NameFamily, path: string): Place | undefined {
  const bare = path.startsWith(hfPrefix) ? path.slice(hfPrefix.length) : path;
  const outer = keyOf(outerLayers[family], bare);
  if (outer) return { layer: outer };
  const list = blockLists[family];
  if (!bare.startsWith(`${list}.`)) return undefined;
  const match = /^(0|[1-9]\d{0,3})\.(.+)$/.exec(bare.slice(list.length + 1));
  const layer = match && keyOf(blockLayers[family], match[2]!);
  return layer ? { layer, block: Number(match[1]) } : undefined;
}

/**
 * A layer's path in a family, the other way. Hugging Face names carry the `vit.` of its classification model, but for the head.
 * `undefined` where the family has no such layer: timm has no q, k and v, transformers no qkv and no norm before the blocks.
 */
export function placeName(family: NameFamily, place: Place): string | undefined {
  const prefix = family === 'timm' || place.layer === 'head' ? '' : hfPrefix;
  if (place.block === undefined) {
    const outer = outerLayers[family][place.layer];
    return outer && prefix + outer;
  }
  const layer = blockLayers[family][place.layer];
  return layer && `${prefix}${blockLists[family]}.${place.block}.${layer}`;
}

/**
 * The shortest end of a target's path that no other layer's path has, as PEFT's `target_modules` take it: `q_proj`, `query`,
 * `attn.proj`. Undefined where there is none: transformers 4 has `output.dense` twice in a block.
 */
export function targetSuffix(family: NameFamily, target: TargetModule | 'qkv'): string | undefined {
  const own = blockLayers[family][target]!;
  const others = [...Object.values(blockLayers[family]), ...Object.values(outerLayers[family])].filter(
    (path) => path !== own,
  );
  const parts = own.split('.');
  return parts
    .map((_, i) => parts.slice(parts.length - 1 - i).join('.'))
    .find((suffix) => others.every((path) => !`.${path}`.endsWith(`.${suffix}`)));
}

/** Whether an adapter's target: q, k, v, proj, fc1 or fc2. */
export const isTarget = (layer: string): layer is TargetModule => (targetModules as readonly string[]).includes(layer);

function keyOf<K extends string>(table: Partial<Record<K, string>>, value: string): K | undefined {
  return (Object.keys(table) as K[]).find((key) => table[key] === value);
}

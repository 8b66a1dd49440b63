import { MissingTensorError, UnsupportedModelError } from '@medlego/errors';
import { type HostTensor, type NamedTensors } from '@medlego/tensors';
import { assertNoneLeft } from '../params/assert-params.ts';
import { readHead } from './head.ts';
import { concatRows, widen } from './matrices.ts';
import { findPlace, type NameFamily } from './names.ts';

/** Parts of other vision transformers, by their tensors' names: what they would compute is not computed here. */
const foreignParts: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)reg_token$/, 'register tokens'],
  [/(^|\.)(dist_token|distillation_token|head_dist\b.*|distillation_classifier\b.*)/, 'a distillation token'],
  [/\.(ls1|ls2|layer_scale1|layer_scale2)\./, 'layer scale'],
  [/\.(q_norm|k_norm)\./, 'normalised queries and keys'],
  [/(^|\.)fc_norm\./, 'average pooling (fc_norm)'],
  [/(^|\.)attn_pool\./, 'attention pooling'],
  [/(^|\.)decoder/, 'a decoder'],
  [/relative_position/, 'relative positions'],
  [/\.mlp\.(fc1_g|w12|gate_proj)\./, 'a gated MLP'],
];

/** Parts that come after the features or serve training only. */
const ignoredParts: readonly (readonly [RegExp, string])[] = [
  [/^(vit\.)?pooler\./, 'the pooler, which comes after the class token that features are taken from'],
  [/^(vit\.)?embeddings\.mask_token$/, 'the mask token, which serves pre-training only'],
  [/^pre_logits\./, 'the layer between features and head (pre_logits), and with it the head'],
];

export interface Renamed {
  readonly params: NamedTensors;
  readonly head?: NamedTensors;
  readonly warnings: readonly string[];
}

/**
 * A vision transformer's tensors by timm's names, q, k and v fused, and its head apart.
 * @throws UnsupportedModelError, UnexpectedTensorError, MissingTensorError, ShapeMismatchError, InvalidValueError, NonFiniteError
 */
export function toTimmNames(family: NameFamily, tensors: NamedTensors, source: string): Renamed {
  const params: Record<string, HostTensor<'float32'>> = {};
  const head: Record<string, HostTensor<'float32'>> = {};
  const parts = new Map<string, HostTensor<'float32'>>(); // q, k and v before they are fused, by block and kind
  const ignored = new Set<string>();
  const unexpected: string[] = [];
  for (const [name, raw] of Object.entries(tensors)) {
    const skip = ignoredParts.find(([pattern]) => pattern.test(name));
    if (skip) {
      ignored.add(skip[1]);
      continue;
    }
    const foreign = foreignParts.find(([pattern]) => pattern.test(name));
    if (foreign)
      throw new UnsupportedModelError({
        source,
        feature: `${foreign[1]} (${name})`,
        supported: 'plain vision transformers with class-token pooling',
      });
    const tensor = widen(`${source}: ${name}`, raw);
    const match = /^(.*)\.(weight|bias)$/.exec(name);
    const place = findPlace(family, match?.[1] ?? name);
    const kind = match ? `.${match[2]}` : '';
    if (!place)
      params[name] = tensor; // refused with the other unexpected ones, once the expected are known
    else if (place.layer === 'head') head[`head${kind}`] = tensor;
    else if (place.block === undefined) params[place.layer + kind] = tensor;
    else if (place.layer === 'q' || place.layer === 'k' || place.layer === 'v')
      parts.set(`${place.block}.${place.layer}${kind}`, tensor);
    else {
      const parent = { norm1: '', norm2: '', qkv: 'attn.', proj: 'attn.', fc1: 'mlp.', fc2: 'mlp.' }[place.layer];
      params[`blocks.${place.block}.${parent}${place.layer}${kind}`] = tensor;
    }
  }
  assertNoneLeft(unexpected, source);
  fuse(parts, params, source);
  const dropHead = [...ignored].some((text) => text.includes('and with it the head'));
  return {
    params,
    ...(!dropHead && 'head.weight' in head && { head: toHead(head, params, source) }),
    warnings: [...ignored].map((text) => `${source}: left out ${text}.`),
  };
}

/** Rows q, then k, then v: timm's order. */
function fuse(
  parts: ReadonlyMap<string, HostTensor<'float32'>>,
  params: Record<string, HostTensor<'float32'>>,
  source: string,
): void {
  for (const key of parts.keys()) {
    const [block, part, kind] = key.split('.') as [string, string, string];
    if (part !== 'q') continue;
    params[`blocks.${block}.attn.qkv.${kind}`] = concatRows(
      ['q', 'k', 'v'].map((name) => {
        const tensor = parts.get(`${block}.${name}.${kind}`);
        if (!tensor) throw new MissingTensorError({ param: `blocks.${block} ${name} ${kind}`, source });
        return tensor;
      }),
      `${source}: blocks.${block} q, k and v`,
    );
  }
}

function toHead(
  head: Readonly<Record<string, HostTensor<'float32'>>>,
  params: NamedTensors,
  source: string,
): NamedTensors {
  const bias = head['head.bias'];
  if (!bias) throw new MissingTensorError({ param: 'head.bias', source });
  return readHead(params['norm.weight']?.shape[0] ?? 0, head['head.weight']!, bias, source);
}

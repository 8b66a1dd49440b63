import { UnsupportedModelError } from '@medlego/errors';
import { asFloat32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { isResnet, withoutHead, type BackboneConfig } from '../config/backbone-config.ts';
import { type VitConfig } from '../config/vit-config.ts';
import { assertParams } from '../params/assert-params.ts';
import { writeHfConfig, writeTimmConfig } from './backbone-config.ts';
import { type ExportBundle } from './bundle.ts';
import { sliceRows } from './matrices.ts';
import { foldProjection } from './fold-projection.ts';
import { findPlace, placeName, type NameFamily, type Place } from './names.ts';
import { writeHfPreprocess, writeTimmPreprocess, type BackbonePreprocess } from './preprocessing.ts';

export interface ExportedModel {
  readonly config: BackboneConfig;
  /** By timm's names (a ResNet's by open_clip's), without a head; an adapter has been folded in. */
  readonly params: NamedTensors;
  /** `head.weight [labels, dim]` and `head.bias [labels]`. */
  readonly head?: NamedTensors;
  /** Names of the head's labels, in its order; default: LABEL_0, LABEL_1, ... */
  readonly labels?: readonly string[];
  readonly preprocess?: BackbonePreprocess;
}

/** @throws UnsupportedModelError for a ResNet, which these formats have no place for */
function requireVit(config: BackboneConfig, source: string): VitConfig {
  if (!isResnet(config)) return config;
  throw new UnsupportedModelError({ source, feature: 'a ModifiedResNet', supported: 'vision transformers' });
}

/**
 * timm's own format: `model.safetensors` and the `config.json` that `timm.create_model('local-dir:...')` reads.
 * @throws UnsupportedModelError for a ResNet, and for a projection without a head to fold it into; what `assertParams` throws
 */
export function exportTimm(model: ExportedModel): ExportBundle {
  assertParams(withoutHead(model.config), model.params);
  const { config, params, head } = foldProjection(requireVit(model.config, 'export to timm'), model, 'export to timm');
  const { preprocess } = model;
  const usualEps = config.preNorm ? 1e-5 : 1e-6;
  const classes = head?.['head.weight']?.shape[0] ?? 0;
  return {
    tensors: { 'model.safetensors': { ...params, ...head } },
    json: {
      'config.json': writeTimmConfig(config, classes, preprocess ? writeTimmPreprocess(preprocess) : {}),
    },
    warnings:
      config.layerNormEps === usualEps
        ? []
        : [
            `timm has no setting for LayerNorm's epsilon: it will compute with ${usualEps} instead of ${config.layerNormEps}, which changes logits slightly.`,
          ],
  };
}

/**
 * A Hugging Face folder: `model.safetensors` under the names of transformers 4, which 5 reads as well, `config.json` and
 * `preprocessor_config.json`. With a head it is a ViTForImageClassification, without a ViTModel.
 * @throws UnsupportedModelError for a ResNet or a tower of CLIP, what `assertParams` throws
 */
export function exportHf(model: ExportedModel): ExportBundle {
  assertParams(withoutHead(model.config), model.params);
  const source = 'export to Hugging Face';
  const { config, params, head } = foldProjection(requireVit(model.config, source), model, source);
  if (config.preNorm || config.actLayer)
    throw new UnsupportedModelError({
      source,
      feature: "CLIP's first LayerNorm or activation",
      supported: 'plain vision transformers',
    });
  const { labels, preprocess } = model;
  const classes = head?.['head.weight']?.shape[0];
  const names =
    classes === undefined ? undefined : Array.from({ length: classes }, (_, i) => labels?.[i] ?? `LABEL_${i}`);
  const renamed = Object.entries({ ...params, ...head }).flatMap(([name, tensor]) =>
    rename('hf4', name, asFloat32(name, tensor), config.embedDim),
  );
  // A bare ViTModel has no `vit.` in front of its names.
  const tensors = Object.fromEntries(
    renamed.map(([name, tensor]) => [head ? name : name.replace(/^vit\./, ''), tensor]),
  );
  return {
    tensors: { 'model.safetensors': tensors },
    json: {
      'config.json': writeHfConfig(config, names),
      ...(preprocess && { 'preprocessor_config.json': writeHfPreprocess(preprocess) }),
    },
    warnings: [],
  };
}

/** One timm tensor under its names in another family: three of them for a fused qkv. */
function rename(
  family: NameFamily,
  name: string,
  tensor: HostTensor<'float32'>,
  dim: number,
): [string, HostTensor<'float32'>][] {
  const match = /^(.*)\.(weight|bias)$/.exec(name);
  const place = findPlace('timm', match?.[1] ?? name)!;
  const kind = match ? `.${match[2]}` : '';
  if (place.layer !== 'qkv') return [[placeName(family, place)! + kind, tensor]];
  return (['q', 'k', 'v'] as const).map((layer, i) => {
    const part: Place = { layer, block: place.block };
    return [placeName(family, part)! + kind, sliceRows(tensor, i * dim, dim)];
  });
}

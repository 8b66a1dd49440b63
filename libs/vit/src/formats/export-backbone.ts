import { asFloat32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { type VitConfig } from '../config/vit-config.ts';
import { assertParams } from '../params/assert-params.ts';
import { writeHfConfig, writeTimmConfig } from './backbone-config.ts';
import { type ExportBundle } from './bundle.ts';
import { sliceRows } from './matrices.ts';
import { findPlace, placeName, type NameFamily, type Place } from './names.ts';
import { writeHfPreprocess, writeTimmPreprocess, type BackbonePreprocess } from './preprocessing.ts';

export interface ExportedModel {
  readonly config: VitConfig;
  /** By timm's names, without a head; an adapter has been folded in. */
  readonly params: NamedTensors;
  /** `head.weight [labels, dim]` and `head.bias [labels]`. */
  readonly head?: NamedTensors;
  /** Names of the head's labels, in its order; default: LABEL_0, LABEL_1, ... */
  readonly labels?: readonly string[];
  readonly preprocess?: BackbonePreprocess;
}

/**
 * timm's own format: `model.safetensors` and the `config.json` that `timm.create_model('local-dir:...')` reads.
 * @throws what `assertParams` throws
 */
export function exportTimm({ config, params, head, preprocess }: ExportedModel): ExportBundle {
  assertParams({ ...config, numClasses: 0 }, params);
  const classes = head?.['head.weight']?.shape[0] ?? 0;
  return {
    tensors: { 'model.safetensors': { ...params, ...head } },
    json: {
      'config.json': writeTimmConfig(config, classes, preprocess ? writeTimmPreprocess(preprocess) : {}),
    },
    warnings:
      config.layerNormEps === 1e-6
        ? []
        : [
            `timm has no setting for LayerNorm's epsilon: it will compute with 1e-6 instead of ${config.layerNormEps}, which changes logits slightly.`,
          ],
  };
}

/**
 * A Hugging Face folder: `model.safetensors` under the names of transformers 4, which 5 reads as well, `config.json` and
 * `preprocessor_config.json`. With a head it is a ViTForImageClassification, without a ViTModel.
 * @throws what `assertParams` throws
 */
export function exportHf({ config, params, head, labels, preprocess }: ExportedModel): ExportBundle {
  assertParams({ ...config, numClasses: 0 }, params);
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

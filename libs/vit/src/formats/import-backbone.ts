import { UnsupportedModelError } from '@medlego/errors';
import { type NamedTensors } from '@medlego/tensors';
import { type BackboneConfig } from '../config/backbone-config.ts';
import { assertParams } from '../params/assert-params.ts';
import { completeConfig, readHfConfig, readTimmConfig } from './backbone-config.ts';
import { detectFamily, type NameFamily } from './names.ts';
import { importOpenClip, type StatedTower } from './open-clip/import-open-clip.ts';
import { detectTower } from './open-clip/names.ts';
import { readHfPreprocess, readTimmPreprocess, type BackbonePreprocess } from './preprocessing.ts';
import { toTimmNames } from './timm-names.ts';

export interface BackboneFiles {
  /** As read: any of the families of names, float32 or float64. */
  readonly tensors: NamedTensors;
  /** Parsed `config.json`, timm's JSON or `open_clip_config.json`; without it sizes come from the tensors. */
  readonly config?: unknown;
  /** Parsed `preprocessor_config.json` of Hugging Face. */
  readonly preprocessor?: unknown;
  /** Names the files in error messages. */
  readonly source: string;
  /** What a CLIP's files do not say, or say otherwise. */
  readonly stated?: StatedTower;
}

export interface ImportedBackbone {
  readonly family: NameFamily | 'open_clip';
  /** Without a head: numClasses is 0. */
  readonly config: BackboneConfig;
  /** By timm's names, a ResNet's by open_clip's, float32, checked. */
  readonly params: NamedTensors;
  /** `head.weight [classes, dim]` and `head.bias [classes]`, if the file has one. */
  readonly head?: NamedTensors;
  /** Names of the head's classes, if the configuration has them. */
  readonly labels?: readonly string[];
  readonly preprocess?: BackbonePreprocess;
  /** What was left out or assumed, in sentences. */
  readonly warnings: readonly string[];
}

/**
 * A backbone from the names and shapes of timm, transformers 4, transformers 5 or open_clip, whichever the tensors have.
 *
 * @returns tensors shared with the input where nothing had to change
 * @throws UnsupportedModelError for models with other parts, MissingTensorError, UnexpectedTensorError, ShapeMismatchError,
 *         InvalidValueError, NonFiniteError
 */
export function importBackbone(files: BackboneFiles): ImportedBackbone {
  const { tensors, config, preprocessor, source, stated } = files;
  const tower = detectTower(Object.keys(tensors));
  if (tower) return { family: 'open_clip', ...importOpenClip(tower, files, stated) };
  const family = detectFamily(Object.keys(tensors));
  if (!family)
    throw new UnsupportedModelError({
      source,
      feature: `tensors named ${Object.keys(tensors).slice(0, 3).join(', ')}`,
      supported: 'vision transformers with the names of timm or Hugging Face, and visual towers of open_clip',
    });
  const { params, head, warnings } = toTimmNames(family, tensors, source);
  const read =
    config === undefined
      ? { config: family === 'timm' ? {} : { layerNormEps: 1e-12 } }
      : family === 'timm'
        ? { config: readTimmConfig(config, `${source} config`) }
        : readHfConfig(config, `${source} config`);
  const complete = completeConfig(read.config, params, source);
  assertParams(complete.config, params, source);

  const labels = 'labels' in read ? read.labels : undefined;
  const pretrained = (config as { pretrained_cfg?: unknown } | undefined)?.pretrained_cfg;
  const prepared =
    family === 'timm'
      ? readTimmPreprocess(pretrained, complete.config.imgSize, `${source} pretrained_cfg`)
      : preprocessor === undefined
        ? { warnings: [] }
        : readHfPreprocess(preprocessor, complete.config.imgSize, `${source} preprocessor_config.json`);
  return {
    family,
    config: complete.config,
    params,
    ...(head && { head }),
    ...(labels && labels.length === head?.['head.weight']?.shape[0] && { labels }),
    ...('preprocess' in prepared && { preprocess: prepared.preprocess }),
    warnings: [...warnings, ...complete.warnings, ...prepared.warnings],
  };
}

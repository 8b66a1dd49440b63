import { InvalidValueError } from '@medlego/errors';
import { type NamedTensors } from '@medlego/tensors';
import { withoutHead, type BackboneConfig } from '../../config/backbone-config.ts';
import { findVitPreset } from '../../config/presets.ts';
import { type VitConfigInput } from '../../config/vit-config.ts';
import { assertParams } from '../../params/assert-params.ts';
import { completeConfig } from '../backbone-config.ts';
import { toPreprocess, type BackbonePreprocess } from '../preprocessing.ts';
import { toTimmNames } from '../timm-names.ts';
import { readOpenClipConfig, type OpenClipConfig } from './config.ts';
import { assertKnownParts, resnetTower, timmTower, vitTowerParams } from './import-tower.ts';
import { towerTensors, type TowerKind } from './names.ts';

/** What the tensors do not say, stated by the one who imports; goes before the configuration file. */
export interface StatedTower {
  /** Attention heads, of the blocks or of the attention pool. */
  readonly numHeads?: number;
  /** Whether the MLP's activation is x σ(1.702 x). */
  readonly quickGelu?: boolean;
  /** Keep the projection into the common space of images and texts as the last layer. A ResNet's pool always has it. Default: no. */
  readonly projection?: boolean;
}

export interface OpenClipFiles {
  readonly tensors: NamedTensors;
  /** Parsed `open_clip_config.json`, or the `model_cfg` in it. */
  readonly config?: unknown;
  readonly source: string;
}

export interface ImportedTower {
  readonly config: BackboneConfig;
  readonly params: NamedTensors;
  readonly preprocess?: BackbonePreprocess;
  readonly warnings: readonly string[];
}

/**
 * The visual tower of a CLIP of open_clip, from the whole model or from the tower alone. A vision transformer gets timm's names, so
 * that adapters, merging and exports treat it like any other; a ResNet keeps its own.
 *
 * @returns tensors shared with the input where nothing had to change
 * @throws UnsupportedModelError for parts that are not computed here, MissingTensorError, UnexpectedTensorError, ShapeMismatchError,
 *         InvalidValueError, NonFiniteError
 */
export function importOpenClip(kind: TowerKind, files: OpenClipFiles, stated: StatedTower = {}): ImportedTower {
  const { source } = files;
  const tower = towerTensors(files.tensors);
  assertKnownParts(Object.keys(tower), source);
  const said = files.config === undefined ? undefined : readOpenClipConfig(files.config, `${source} config`);
  const read = readTower(kind, tower, said, stated, source);
  assertParams(read.config, read.params, source);
  if (said && said.imgSize !== read.config.imgSize)
    throw new InvalidValueError({
      field: `${source} config: image_size`,
      expected: `${read.config.imgSize}, as the position embedding has it`,
      actual: said.imgSize,
    });
  const prepared = said
    ? toPreprocess(
        read.config.imgSize,
        said.preprocess.mean,
        said.preprocess.std,
        said.preprocess.interpolation,
        `${source} config`,
      )
    : { warnings: [] };
  const cropped = said?.crops && prepared.preprocess;
  return {
    config: read.config,
    params: read.params,
    ...(prepared.preprocess && { preprocess: prepared.preprocess }),
    warnings: [
      ...read.warnings,
      ...prepared.warnings,
      ...(cropped
        ? [`${source}: open_clip cuts images to a square; they are squashed to one here, nothing is cut off.`]
        : []),
    ],
  };
}

function readTower(
  kind: TowerKind,
  tower: NamedTensors,
  said: OpenClipConfig | undefined,
  stated: StatedTower,
  source: string,
): ImportedTower {
  if (kind === 'resnet') {
    const dim = tower['attnpool.positional_embedding']?.shape[1] ?? 0;
    return resnetTower(tower, stated.numHeads ?? (said && headsOf(dim, said, source)), source);
  }
  const heads = stated.numHeads === undefined ? {} : { numHeads: stated.numHeads };
  if (kind === 'timm') {
    const { trunk, projection } = timmTower(tower, source);
    const { params, warnings } = toTimmNames('timm', trunk, source);
    const preset = said?.timmModel === undefined ? undefined : findVitPreset(said.timmModel);
    const known: Partial<VitConfigInput> = {
      ...(preset && {
        numHeads: preset.numHeads,
        layerNormEps: preset.layerNormEps,
        ...act(preset.actLayer === 'quick_gelu'),
      }),
      ...heads,
    };
    return finish({ ...params, ...(projection && { 'proj.weight': projection }) }, known, warnings, stated, source);
  }
  const params = vitTowerParams(tower, source);
  const dim = params['cls_token']?.shape[2] ?? 0;
  const known: Partial<VitConfigInput> = {
    layerNormEps: said?.layerNormEps ?? 1e-5,
    ...(said && { numHeads: headsOf(dim, said, source) }),
    ...act(stated.quickGelu ?? said?.quickGelu ?? false),
    ...heads,
  };
  const unsaid =
    said || stated.quickGelu !== undefined
      ? []
      : [`${source}: nothing says the activation; taken as GELU. OpenAI's own weights have QuickGELU.`];
  return finish(params, known, unsaid, stated, source);
}

const act = (isQuick: boolean): Partial<VitConfigInput> => (isQuick ? { actLayer: 'quick_gelu' } : {});

function headsOf(dim: number, { headWidth }: OpenClipConfig, source: string): number {
  if (dim % headWidth !== 0)
    throw new InvalidValueError({
      field: `${source} config: head_width`,
      expected: `a divisor of the tower's width ${dim}`,
      actual: headWidth,
    });
  return dim / headWidth;
}

/** Sizes from the tensors; the projection goes unless it was asked for. */
function finish(
  all: NamedTensors,
  known: Partial<VitConfigInput>,
  warnings: readonly string[],
  { projection = false }: StatedTower,
  source: string,
): ImportedTower {
  const { 'proj.weight': proj, ...rest } = all;
  if (projection && !proj)
    throw new InvalidValueError({
      field: `${source}: projection`,
      expected: 'a projection in the file',
      actual: 'none',
    });
  const kept = projection ? all : rest;
  const complete = completeConfig(
    {
      ...known,
      ...(projection && { projDim: proj!.shape[0] }),
    },
    kept,
    source,
  );
  const left =
    proj && !projection
      ? [`${source}: left out the projection to the texts' space; features are those before it.`]
      : [];
  return { config: withoutHead(complete.config), params: kept, warnings: [...warnings, ...complete.warnings, ...left] };
}

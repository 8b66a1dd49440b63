import { InvalidValueError, MissingTensorError, UnexpectedTensorError, UnsupportedModelError } from '@medlego/errors';
import { float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { parseResnetConfig, type ModifiedResnetConfig } from '../../config/resnet-config.ts';
import { assertNoneLeft } from '../../params/assert-params.ts';
import { transpose, widen } from '../matrices.ts';
import { supportedTowers } from './config.ts';
import { toTimmName } from './names.ts';

/** open_clip's width of one head, where nothing says another. */
const usualHeadWidth = 64;

/** Parts of open_clip's towers that are not computed here, by their tensors' names. */
const foreignParts: readonly (readonly [RegExp, string])[] = [
  [/\.ls_[12]\./, 'layer scale'],
  [/^attn_pool(_contrastive)?\./, 'an attentional pooler'],
  [/\.(ln_q|ln_k|ln_inner|ln_attn|logit_scale|head_scale)(\.|$)/, "open_clip's custom attention"],
  [/^head\.(mlp|pool)\./, 'an MLP or a pool after the tower'],
];

/** @throws UnsupportedModelError naming the first part that is not computed here */
export function assertKnownParts(names: readonly string[], source: string): void {
  for (const name of names) {
    const foreign = foreignParts.find(([pattern]) => pattern.test(name));
    if (foreign)
      throw new UnsupportedModelError({ source, feature: `${foreign[1]} (${name})`, supported: supportedTowers });
  }
}

/**
 * Tensors of open_clip's vision transformer by timm's names, the same numbers: class embedding [D] to [1, 1, D], positions [T, D] to
 * [1, T, D], the projection [D, out] to [out, D].
 *
 * @param tower by names inside the tower
 * @throws UnexpectedTensorError, InvalidValueError (no floating-point type), NonFiniteError
 */
export function vitTowerParams(tower: NamedTensors, source: string): NamedTensors {
  const params: Record<string, HostTensor<'float32'>> = {};
  const unknown: string[] = [];
  for (const [name, raw] of Object.entries(tower)) {
    const timm = toTimmName(name);
    if (timm === undefined) {
      unknown.push(name);
      continue;
    }
    const tensor = widen(`${source}: ${name}`, raw);
    const [rows = 0, columns = 0] = tensor.shape;
    params[timm] =
      timm === 'cls_token'
        ? float32([1, 1, ...tensor.shape], tensor.data)
        : timm === 'pos_embed'
          ? float32([1, ...tensor.shape], tensor.data)
          : timm === 'proj.weight'
            ? float32([columns, rows], transpose(tensor.data, rows, columns))
            : tensor;
  }
  assertNoneLeft(unknown, source);
  return params;
}

/**
 * A ResNet tower: its names are ours. Sizes are read off the tensors; `numHeads` leaves no trace in them.
 * @throws MissingTensorError, InvalidValueError, NonFiniteError; other tensors and shapes are left to `assertParams`
 */
export function resnetTower(
  tower: NamedTensors,
  numHeads: number | undefined,
  source: string,
): { readonly config: ModifiedResnetConfig; readonly params: NamedTensors; readonly warnings: readonly string[] } {
  const params: Record<string, HostTensor<'float32'>> = {};
  // How many batches a BatchNorm has seen: training alone would want to know.
  for (const [name, raw] of Object.entries(tower))
    if (!name.endsWith('.num_batches_tracked')) params[name] = widen(`${source}: ${name}`, raw);
  const shape = (name: string): readonly number[] => {
    const tensor = params[name];
    if (!tensor) throw new MissingTensorError({ param: name, source });
    return tensor.shape;
  };
  const width = shape('conv3.weight')[0] ?? 0;
  const [cells = 0, dim = 0] = shape('attnpool.positional_embedding');
  const blocks = [1, 2, 3, 4].map((stage) => blockCount(Object.keys(params), stage));
  const grid = Math.sqrt(cells - 1);
  if (!Number.isInteger(grid) || grid < 1)
    throw new InvalidValueError({
      field: `${source}: attnpool.positional_embedding`,
      expected: 'one mean cell and a square number of cells',
      actual: cells,
    });
  const assumed = Math.max(1, Math.round(dim / usualHeadWidth));
  return {
    config: parseResnetConfig(
      {
        architecture: 'modified_resnet',
        imgSize: 32 * grid,
        inChans: shape('conv1.weight')[1],
        layers: blocks,
        width,
        numHeads: numHeads ?? assumed,
        embedDim: shape('attnpool.c_proj.weight')[0],
      },
      source,
    ),
    params,
    warnings:
      numHeads === undefined
        ? [
            `${source}: nothing says the number of heads of the attention pool; taken as ${assumed}, ${dim / assumed} dimensions each.`,
          ]
        : [],
  };
}

function blockCount(names: readonly string[], stage: number): number {
  const numbers = names.map((name) => Number(new RegExp(`^layer${stage}\\.(\\d+)\\.`).exec(name)?.[1] ?? -1));
  return 1 + Math.max(...numbers);
}

/** Tensors of a timm model in `trunk.` by its own names, and the projection after it, `head.proj`. @throws UnexpectedTensorError */
export function timmTower(
  tower: NamedTensors,
  source: string,
): { readonly trunk: NamedTensors; readonly projection?: NamedTensors[string] } {
  const trunk: Record<string, NamedTensors[string]> = {};
  const unknown: string[] = [];
  for (const [name, tensor] of Object.entries(tower))
    if (name.startsWith('trunk.')) trunk[name.slice('trunk.'.length)] = tensor;
    else if (name !== 'head.proj.weight') unknown.push(name);
  if (unknown.length > 0)
    throw new UnexpectedTensorError({ source, params: unknown.slice(0, 5), count: unknown.length });
  const projection = tower['head.proj.weight'];
  return { trunk, ...(projection && { projection: widen(`${source}: head.proj.weight`, projection) }) };
}

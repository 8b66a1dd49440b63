import { type LowRankUpdate } from '@medlego/linalg';
import { InvalidValueError, MissingTensorError, ShapeMismatchError, UnsupportedAdapterError } from '@medlego/errors';
import { assertShape, float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { modulePath } from '../adapters/modules.ts';
import { adapterFromUpdates } from '../adapters/updates.ts';
import { featureDim, isResnet, type BackboneConfig } from '../config/backbone-config.ts';
import { type VitConfig } from '../config/vit-config.ts';
import { assertNoneLeft } from '../params/assert-params.ts';
import { type ExportBundle } from './bundle.ts';
import { lowRankUpdates, type ExportedAdapter } from './export-peft.ts';
import { readHead } from './head.ts';
import { type ImportedAdapter } from './import-peft.ts';
import { widen } from './matrices.ts';

export interface MeloFile {
  readonly tensors: NamedTensors;
  /** The file's name: `..._lora_<rank>_<alpha>` in it gives the scale, which the tensors do not. */
  readonly fileName: string;
  /** Instead of the one in the name. */
  readonly alpha?: number;
}

const factorName = (factor: 'a' | 'b', index: number) => `w_${factor}_${String(index).padStart(3, '0')}`;

/** Whether tensors are those of a MeLo file. */
export const isMelo = (names: Iterable<string>): boolean => [...names].some((name) => /^w_[ab]_\d{3,}$/.test(name));

/**
 * An adapter file of MeLo (LoRA-ViT): `w_a_000 [r, dim]`, `w_b_000 [dim, r]`, ..., even numbers the query, odd ones the value of block
 * number / 2, and a head's weight `fc_<dim>in_<labels>out`. Its code divides alpha by the rank in whole numbers.
 *
 * @throws UnexpectedTensorError, MissingTensorError, ShapeMismatchError (another base size), NonFiniteError,
 *         InvalidValueError for rank 0 or a scale of 0
 */
export function importMelo(
  backbone: BackboneConfig,
  { tensors, fileName, alpha: givenAlpha }: MeloFile,
): ImportedAdapter {
  const config = requireBlocks(backbone, fileName);
  const warnings: string[] = [];
  const count = 2 * config.depth;
  const left = new Set(Object.keys(tensors));
  const take = (name: string): HostTensor<'float32'> => {
    const tensor = tensors[name];
    if (!tensor) throw new MissingTensorError({ param: name, source: fileName });
    left.delete(name);
    return widen(`${fileName}: ${name}`, tensor);
  };
  const named = /_lora_(\d{1,4})_(\d{1,4})/.exec(fileName);
  const rank = take(factorName('a', 0)).shape[0] ?? 0;
  if (rank < 1) throw new InvalidValueError({ field: `${fileName} rank`, expected: 'at least 1', actual: rank });
  if (named && Number(named[1]) !== rank)
    throw new ShapeMismatchError({
      param: `${fileName}: w_a_000 (rank by its name)`,
      expected: [Number(named[1]), config.embedDim],
      actual: tensors[factorName('a', 0)]!.shape,
    });
  const alpha = givenAlpha ?? (named ? Number(named[2]) : undefined);
  if (alpha === undefined)
    warnings.push(
      `${fileName}: neither the file nor its name says alpha; taken as ${rank}, the rank, for a scale of 1.`,
    );
  const scaling = Math.floor((alpha ?? rank) / rank);
  if (scaling < 1)
    throw new InvalidValueError({
      field: `${fileName} alpha`,
      expected: `at least the rank ${rank}, since MeLo's whole-numbered alpha / rank is 0 below it`,
      actual: alpha,
    });

  const updates: Record<string, LowRankUpdate> = {};
  for (let index = 0; index < count; index++) {
    const [a, b] = [take(factorName('a', index)), take(factorName('b', index))];
    assertShape(`${fileName}: ${factorName('a', index)}`, [rank, config.embedDim], a.shape);
    assertShape(`${fileName}: ${factorName('b', index)}`, [config.embedDim, rank], b.shape);
    updates[modulePath(Math.floor(index / 2), index % 2 === 0 ? 'q' : 'v')] = {
      out: config.embedDim,
      in: config.embedDim,
      rank,
      b: b.data,
      e: new Float32Array(rank).fill(1),
      a: a.data,
      scaling,
    };
  }
  const head = takeHead(config, left, take, fileName);
  if (head) warnings.push(`${fileName}: MeLo saves no bias of the head; taken as 0, so scores may be shifted.`);
  assertNoneLeft([...left], fileName);
  return {
    format: 'melo',
    ...adapterFromUpdates(updates, { kind: 'lora', source: fileName }),
    ...(head && { head }),
    warnings,
  };
}

/** @throws UnsupportedAdapterError for a ResNet */
function requireBlocks(config: BackboneConfig, source: string): VitConfig {
  if (!isResnet(config)) return config;
  throw new UnsupportedAdapterError({
    source,
    feature: 'a ResNet under them',
    supported: 'those of vision transformers',
  });
}

function takeHead(
  config: VitConfig,
  names: ReadonlySet<string>,
  take: (name: string) => HostTensor<'float32'>,
  source: string,
): NamedTensors | undefined {
  const heads = [...names].filter((name) => /^fc_\d+in_\d+out$/.test(name));
  if (heads.length === 0) return undefined;
  if (heads.length > 1)
    throw new InvalidValueError({ field: `${source} heads`, expected: 'one', actual: heads.length });
  const weight = take(heads[0]!);
  const labels = weight.shape[0] ?? 0;
  return readHead(featureDim(config), weight, float32([labels], new Float32Array(labels)), source);
}

/**
 * The same file, the other way. Scale and E go into B, so alpha is rank; smaller ranks are filled up with zeros.
 *
 * @throws UnsupportedAdapterError for kinds and targets that MeLo has not (k, proj, fc1, fc2)
 */
export function exportMelo({ config: backbone, adapter, head }: ExportedAdapter): ExportBundle {
  const config = requireBlocks(backbone, 'export to MeLo');
  const updates = new Map(lowRankUpdates(config, adapter, 'MeLo'));
  const foreign = [...updates.keys()].filter((module) => !/\.(q|v)$/.test(module));
  if (foreign.length > 0)
    throw new UnsupportedAdapterError({
      source: 'export to MeLo',
      feature: `updates of ${foreign[0]}`,
      supported: 'queries and values',
    });
  const dim = config.embedDim;
  const rank = Math.max(...[...updates.values()].map((update) => update.rank));
  const tensors: Record<string, NamedTensors[string]> = {};
  for (let index = 0; index < 2 * config.depth; index++) {
    const update = updates.get(modulePath(Math.floor(index / 2), index % 2 === 0 ? 'q' : 'v'));
    const a = new Float32Array(rank * dim);
    const b = new Float32Array(dim * rank);
    if (update) {
      a.set(update.a);
      for (let o = 0; o < dim; o++)
        for (let k = 0; k < update.rank; k++)
          b[o * rank + k] = update.b[o * update.rank + k]! * update.e[k]! * update.scaling;
    }
    tensors[factorName('a', index)] = float32([rank, dim], a);
    tensors[factorName('b', index)] = float32([dim, rank], b);
  }
  const warnings: string[] = [];
  if (head) {
    const weight = head['head.weight']!;
    tensors[`fc_${dim}in_${weight.shape[0]}out`] = weight;
    if ((head['head.bias']!.data as Float32Array).some((value) => value !== 0))
      warnings.push('MeLo files hold no bias of the head: it is lost, and scores will be shifted.');
  }
  return { tensors: { [`melo_lora_${rank}_${rank}.safetensors`]: tensors }, json: {}, warnings };
}

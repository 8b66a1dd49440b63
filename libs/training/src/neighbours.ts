import * as tf from '@tensorflow/tfjs-core';
import { randomStream } from '@medlego/data';
import type { TensorMap } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import type { AdapterUpdates } from '@medlego/linalg';
import { asFloat32, float32, type NamedTensors } from '@medlego/tensors';
import {
  adapterScaling,
  modulesOf,
  RandomStream,
  type AdapterSpec,
  type BackboneConfig,
  type BackboneModule,
} from '@medlego/vit';
import { ParameterLayout } from './parameter-layout.ts';
import type { TrainingSettings } from './settings.ts';

/** A published adapter that is active, frozen, while another one is trained. */
export interface Neighbour {
  readonly name: string;
  /** Of the artifact that it comes from. */
  readonly digest: string;
  readonly updates: AdapterUpdates;
}

/** Name of the step's input: the factor on all neighbours, or the noise of this step as one vector. */
const inputName = 'neighbours';
const prefix = 'neighbours.';
/** Stream number of the neighbours' strength in data's counter-based random numbers, beside its own 1 to 3. */
const strengthStream = 18;

/** Other adapters beside the one that is trained. Null settings cost nothing: there is no such object then. */
export interface ActiveNeighbours {
  readonly inputName: string;
  readonly constants: NamedTensors;
  /** What a step's input holds: a pure function of (epoch, step). */
  inputAt(epoch: number, step: number): number | Float32Array;
  /** The trained adapter with the neighbours' factors beside its own. */
  join(own: TensorMap, constants: TensorMap, input: tf.Tensor): TensorMap;
}

export interface NeighbourOptions {
  readonly config: BackboneConfig;
  /** Backbone; the noise is measured by its weights. */
  readonly params: NamedTensors;
  readonly settings: Pick<TrainingSettings, 'adapter' | 'neighbours' | 'seed'>;
  /** For kind `adapters`. */
  readonly neighbours?: readonly Neighbour[];
}

/**
 * What `settings.neighbours` asks for; null if nothing.
 * @throws InvalidValueError for kind `adapters` without any adapter, or adapters where the settings want none
 */
export function createNeighbours(options: NeighbourOptions): ActiveNeighbours | null {
  const { settings, neighbours = [] } = options;
  if (settings.neighbours?.kind === 'adapters' ? neighbours.length === 0 : neighbours.length > 0)
    throw new InvalidValueError({
      field: 'neighbours',
      expected: neighbours.length > 0 ? 'settings.neighbours of kind adapters' : 'at least one published adapter',
      actual: neighbours.length > 0 ? JSON.stringify(settings.neighbours) : 'none',
    });
  if (!settings.neighbours) return null;
  return settings.neighbours.kind === 'adapters'
    ? publishedNeighbours(settings, neighbours)
    : noise(options, settings.neighbours);
}

const strengthAt = (
  { seed, neighbours }: Pick<TrainingSettings, 'neighbours' | 'seed'>,
  epoch: number,
  step: number,
) => {
  const [low, high] = neighbours!.scaleRange;
  return low + (high - low) * randomStream(seed, strengthStream, epoch, step).uniform();
};

/** All of them stacked, module by module, E and scale taken into B; one factor per step on their sum. */
function publishedNeighbours(
  settings: NeighbourOptions['settings'],
  neighbours: readonly Neighbour[],
): ActiveNeighbours {
  const byModule = new Map<string, AdapterUpdates[string][]>();
  for (const { updates } of neighbours)
    for (const [module, update] of Object.entries(updates))
      byModule.set(module, [...(byModule.get(module) ?? []), update]);
  const constants: Record<string, NamedTensors[string]> = {};
  for (const [module, updates] of byModule) {
    const { out, in: inner } = updates[0]!;
    const rank = updates.reduce((sum, update) => sum + update.rank, 0);
    const [a, b] = [new Float32Array(rank * inner), new Float32Array(out * rank)];
    let first = 0;
    for (const update of updates) {
      a.set(update.a, first * inner);
      for (let o = 0; o < out; o++)
        for (let k = 0; k < update.rank; k++)
          b[o * rank + first + k] = update.scaling * update.b[o * update.rank + k]! * update.e[k]!;
      first += update.rank;
    }
    constants[`${prefix}${module}.lora_A`] = float32([rank, inner], a);
    constants[`${prefix}${module}.lora_B`] = float32([out, rank], b);
  }
  return {
    inputName,
    constants,
    inputAt: (epoch, step) => strengthAt(settings, epoch, step),
    join: (own, fixed, strength) =>
      Object.assign(
        { ...own },
        ...[...byModule.keys()].map((module) =>
          besides(settings.adapter, own, module, {
            a: fixed[`${prefix}${module}.lora_A`] as tf.Tensor2D,
            b: tf.mul(fixed[`${prefix}${module}.lora_B`]!, strength) as tf.Tensor2D,
          }),
        ),
      ) as TensorMap,
  };
}

/**
 * Fresh Gaussian factors at every step in the modules that are trained. At strength 1, ‖ΔW‖ of a module is `norm` times its frozen
 * weight's on average.
 */
function noise(
  { config, params, settings }: NeighbourOptions,
  { rank, norm }: Extract<NonNullable<TrainingSettings['neighbours']>, { kind: 'noise' }>,
): ActiveNeighbours {
  const found = modulesOf(config, settings.adapter.targetModules);
  const modules = found.map(({ path }) => path);
  const layout = new ParameterLayout(
    Object.fromEntries(
      found.flatMap(({ path: module, out, in: inner }) => [
        [`${module}.lora_A`, float32([rank, inner], new Float32Array(rank * inner))],
        [`${module}.lora_B`, float32([out, rank], new Float32Array(out * rank))],
      ]),
    ),
  );
  // E‖BA‖² = rank · out · σ_B² · in · σ_A²: rows of A have length 1 on average, B carries the size.
  const deviations = new Map<string, number>(
    found.flatMap((module): [string, number][] => [
      [`${module.path}.lora_A`, 1 / Math.sqrt(module.in)],
      [`${module.path}.lora_B`, (norm * weightNorm(params, module)) / Math.sqrt(rank * module.out)],
    ]),
  );
  return {
    inputName,
    constants: {},
    inputAt(epoch, step) {
      const strength = strengthAt(settings, epoch, step);
      const flat = new RandomStream(settings.seed, `neighbours ${epoch} ${step}`).normals(layout.size, 1);
      let offset = 0;
      for (const { name, size } of layout.entries) {
        const deviation = deviations.get(name)! * (name.endsWith('.lora_B') ? strength : 1);
        for (const end = offset + size; offset < end; offset++) flat[offset]! *= deviation;
      }
      return flat;
    },
    join(own, _constants, input) {
      const drawn = layout.split(input);
      return Object.assign(
        { ...own },
        ...modules.map((module) =>
          besides(settings.adapter, own, module, {
            a: drawn[`${module}.lora_A`] as tf.Tensor2D,
            b: drawn[`${module}.lora_B`] as tf.Tensor2D,
          }),
        ),
      ) as TensorMap;
    },
  };
}

/** Factors of one module with `a [R, in]` and `b [out, R]` after the adapter's own: B E A + b a, whatever the adapter's scale. */
function besides(
  spec: AdapterSpec,
  own: TensorMap,
  module: string,
  other: { a: tf.Tensor2D; b: tf.Tensor2D },
): TensorMap {
  const [nameA, nameB, nameE] = [`${module}.lora_A`, `${module}.lora_B`, `${module}.lora_E`];
  const scaling = adapterScaling(spec);
  const b = scaling === 1 ? other.b : (tf.div(other.b, scaling) as tf.Tensor2D);
  if (!own[nameA]) return { [nameA]: other.a, [nameB]: b };
  return {
    [nameA]: tf.concat([own[nameA] as tf.Tensor2D, other.a], 0),
    [nameB]: tf.concat([own[nameB] as tf.Tensor2D, b], 1),
    ...(own[nameE] ? { [nameE]: tf.concat([own[nameE] as tf.Tensor1D, tf.ones([other.a.shape[0]])], 0) } : {}),
  };
}

/** ‖W‖ (Frobenius) of a module's frozen weight. */
function weightNorm(params: NamedTensors, { param, firstRow, out, in: inner }: BackboneModule): number {
  const { data } = asFloat32(param, params[param]!);
  let sum = 0;
  for (let i = firstRow * inner; i < (firstRow + out) * inner; i++) sum += data[i]! ** 2;
  return Math.sqrt(sum);
}

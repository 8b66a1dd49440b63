import * as tf from '@tensorflow/tfjs-core';
import type { Engine, EngineState, Program, TensorMap } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import { float32, hostTensor, type HostTensor, type NamedTensors } from '@medlego/tensors';
import {
  headLogits,
  isResnet,
  modulesOf,
  tappedFeatures,
  targetModules,
  type BackboneConfig,
  type BackboneModule,
} from '@medlego/vit';
import type { AdapterModel, BackboneModel } from '../features.ts';
import { padRows, type ImageBatches } from '../image-batches.ts';
import type { TaskShape } from '../targets.ts';
import { labelScores } from './class-scores.ts';

/** `gram`: XᵀX / rows of a module's input; `fisher`: diagonal Fisher information of its dense weight. */
export const statisticsKinds = ['gram', 'fisher'] as const;
export type StatisticsKind = (typeof statisticsKinds)[number];

export interface StatisticsOptions {
  readonly engine: Engine;
  readonly backbone: BackboneModel;
  readonly adapter: AdapterModel;
  /** `head.weight [labels, dim]`, `head.bias [labels]`; the Fisher information is that of the whole model. */
  readonly head: NamedTensors;
  readonly task: TaskShape;
  /** Images to collect over; labels are not looked at. */
  readonly images: ImageBatches;
  readonly kinds: readonly StatisticsKind[];
  /** Images in one run of the compiled graph; default 8. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

export interface CollectedStatistics {
  /** [in, in] float32, symmetric, one for all modules that share an input: see `sharedWith`. */
  readonly gram: Readonly<Record<string, HostTensor<'float32'>>>;
  /** [out, in] float32, none negative. */
  readonly fisher: Readonly<Record<string, HostTensor<'float32'>>>;
  /** Modules whose Gram is that of another one, by that one's name: q, k and v of a block read the same rows. */
  readonly sharedWith: Readonly<Record<string, string>>;
  readonly images: number;
  /** Rows of a Gram: tokens over all images. The mean over modules where they differ. */
  readonly tokens: number;
}

/**
 * Statistics of a specialist's training data, along its own forward pass with its adapter active, for merge methods that need them
 * (RegMean, Fisher averaging). They hold no image, but they are derived from patient data.
 *
 * Gram: XᵀX / rows over all tokens, as a hook on the linear layer sees them, the last block's included. Fisher: of every weight of the
 * dense matrix W + ΔW, E_x E_{y ~ p(y|x)} [(∂ log p(y|x) / ∂W)²], exact over labels, image by image: for a linear layer the gradient of
 * one image is Σ_tokens (∂L/∂y) xᵀ. Sums over images are made in float64.
 *
 * A `full` specialist has them for the linear layers of its blocks (or attention pool), not for patch embedding, norms and biases.
 *
 * @throws InvalidValueError without images, kinds or modules (`head-only`)
 * Sources: Jin et al. 2023, arXiv 2212.09849, section 3 (Gram); Matena and Raffel 2022, arXiv 2111.09832, eq. 3 (Fisher).
 */
export async function collectStatistics(options: StatisticsOptions): Promise<CollectedStatistics> {
  const { engine, backbone, adapter, images, kinds, task, batchSize = 8, signal } = options;
  const modules = statisticsModules(backbone.config, adapter);
  for (const [field, count] of [
    ['statistics images', images.count],
    ['statistics kinds', kinds.length],
    ['adapted modules', modules.length],
  ] as const)
    if (count === 0) throw new InvalidValueError({ field, expected: 'at least one', actual: 0 });

  const size = Math.min(batchSize, images.count);
  const sharedWith = sharedInputs(backbone.config, modules);
  const gramModules = kinds.includes('gram') ? modules.filter(({ path }) => !sharedWith[path]) : [];
  const fisherModules = kinds.includes('fisher') ? modules : [];
  const isFull = adapter.spec.kind === 'full';
  const constants = { ...(isFull ? {} : backbone.params), ...options.head };
  const state = await engine.createState(adapter.tensors);
  const gramProgram = engine.compile({ name: 'Grams', constants, fn: gramFunction(options, gramModules) });
  const fisherProgram = engine.compile({ name: 'Fisher', constants, fn: fisherFunction(options, fisherModules, size) });
  const grams = new Map(gramModules.map((module) => [module.path, new Float64Array(module.in ** 2)]));
  const fishers = new Map(fisherModules.map((module) => [module.path, new Float64Array(module.out * module.in)]));
  const rows = new Map<string, number>();
  try {
    for (let from = 0; from < images.count; from += size) {
      signal?.throwIfAborted();
      const count = Math.min(size, images.count - from);
      const batch = { images: padRows(images.at(from, count), size), mask: maskOf(size, count) };
      if (gramModules.length > 0) {
        const outputs = await gramProgram.run(batch, state);
        for (const { path } of gramModules) {
          addInto(grams.get(path)!, outputs[path]!);
          rows.set(path, (rows.get(path) ?? 0) + count * (outputs[`${path} rows`]!.data as Float32Array)[0]!);
        }
      }
      if (fisherModules.length > 0)
        for (let label = 0; label < task.labels.length; label++)
          await addFisher(fisherProgram, state, fishers, { ...batch, chosen: oneHot(task.labels.length, label) });
    }
  } finally {
    await state.dispose();
    await gramProgram.dispose();
    await fisherProgram.dispose();
  }
  const counted = [...rows.values()];
  return {
    gram: toTensors(
      gramModules,
      grams,
      ({ in: inner }) => [inner, inner],
      (path) => rows.get(path)!,
    ),
    fisher: toTensors(
      fisherModules,
      fishers,
      ({ out, in: inner }) => [out, inner],
      () => images.count,
    ),
    sharedWith: kinds.includes('gram') ? sharedWith : {},
    images: images.count,
    tokens: counted.length > 0 ? Math.round(counted.reduce((sum, n) => sum + n, 0) / counted.length) : 0,
  };
}

/** Those that the adapter has factors for; all linear layers of the blocks for a `full` one. */
function statisticsModules(config: BackboneConfig, { spec, tensors }: AdapterModel): BackboneModule[] {
  const all = modulesOf(config, isResnet(config) ? ['q', 'k', 'v', 'proj'] : targetModules);
  if (spec.kind === 'full') return all;
  return all.filter(({ path }) => tensors[`${path}.lora_A`]);
}

/** q, k and v of a transformer's block read the same rows: the first of them has the Gram. In an attention pool k and v do. */
function sharedInputs(config: BackboneConfig, modules: readonly BackboneModule[]): Record<string, string> {
  const first = new Map<string, string>();
  const shared: Record<string, string> = {};
  for (const { path, target } of modules) {
    if (target !== 'k' && target !== 'v' && (target !== 'q' || isResnet(config))) continue;
    const group = path.slice(0, path.lastIndexOf('.'));
    const owner = first.get(group);
    if (owner === undefined) first.set(group, path);
    else shared[path] = owner;
  }
  return shared;
}

type StatisticsFunction = Parameters<Engine['compile']>[0]['fn'];

/** Per module XᵀX over the images that are no padding, and the rows per image. */
function gramFunction(
  { backbone, adapter }: StatisticsOptions,
  modules: readonly BackboneModule[],
): StatisticsFunction {
  const wanted = new Set(modules.map(({ path }) => path));
  return ({ constants, state, inputs }) => {
    const mask = inputs['mask']!; // [B]
    const batch = mask.shape[0]!;
    const outputs: Record<string, tf.Tensor> = {};
    tappedFeatures(backbone.config, constants, inputs['images']!, { spec: adapter.spec, tensors: state }, (path, x) => {
      if (!wanted.has(path)) return undefined;
      const perImage = x.shape[0] / batch;
      const kept = tf.reshape(tf.mul(tf.reshape(x, [batch, -1]), tf.reshape(mask, [batch, 1])), x.shape);
      outputs[path] = tf.matMul(kept, kept, true);
      outputs[`${path} rows`] = tf.scalar(perImage);
      return undefined;
    });
    return { outputs };
  };
}

/** Per module the sum over images of one label's weighted squared gradients. */
function fisherFunction(
  { backbone, adapter, task }: StatisticsOptions,
  modules: readonly BackboneModule[],
  batch: number,
): StatisticsFunction {
  return ({ constants, state, inputs }) => {
    const forward = (nudges: TensorMap, onInput: (path: string, x: tf.Tensor2D) => void) =>
      headLogits(
        tappedFeatures(
          backbone.config,
          constants,
          inputs['images']!,
          { spec: adapter.spec, tensors: state },
          (path, x) => {
            onInput(path, x);
            return nudges[path] as tf.Tensor2D | undefined;
          },
        ),
        constants,
      );
    const xs = new Map<string, tf.Tensor2D>();
    const plain = forward({}, (path, x) => xs.set(path, x));
    const chosen = inputs['chosen'] as tf.Tensor1D;
    const { weights } = labelScores(task, plain, chosen);
    // Zeros added to the modules' outputs: the gradient with respect to them is ∂L/∂y.
    const zeros = modules.map(({ path, out }) => tf.zeros([xs.get(path)!.shape[0], out]));
    const gradients = tf.grads((...nudges: tf.Tensor[]) => {
      const named = Object.fromEntries(modules.map(({ path }, i) => [path, nudges[i]!]));
      return labelScores(
        task,
        forward(named, () => {}),
        chosen,
      ).objective;
    })(zeros);
    const factor = tf.reshape(tf.mul(weights, tf.reshape(inputs['mask']!, [batch, 1])), [batch, 1, 1]);
    return {
      outputs: Object.fromEntries(
        modules.map(({ path, out, in: inner }, i) => {
          const dy = tf.reshape(gradients[i]!, [batch, -1, out]);
          const x = tf.reshape(xs.get(path)!, [batch, -1, inner]);
          const perImage = tf.matMul(dy, x, true); // [B, out, in]
          return [path, tf.sum(tf.mul(tf.square(perImage), factor), 0)];
        }),
      ),
    };
  };
}

async function addFisher(
  program: Program,
  state: EngineState,
  sums: ReadonlyMap<string, Float64Array>,
  inputs: NamedTensors,
): Promise<void> {
  const outputs = await program.run(inputs, state);
  for (const [path, sum] of sums) addInto(sum, outputs[path]!);
}

function addInto(sum: Float64Array, { data }: HostTensor): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += data[i] as number;
}

function toTensors(
  modules: readonly BackboneModule[],
  sums: ReadonlyMap<string, Float64Array>,
  shapeOf: (module: BackboneModule) => readonly number[],
  countOf: (path: string) => number,
): Record<string, HostTensor<'float32'>> {
  return Object.fromEntries(
    modules.map((module) => {
      const count = countOf(module.path);
      return [
        module.path,
        float32(
          shapeOf(module),
          Float32Array.from(sums.get(module.path)!, (sum) => sum / count),
        ),
      ];
    }),
  );
}

const maskOf = (size: number, count: number) => hostTensor('float32', [size], new Float32Array(size).fill(1, 0, count));

function oneHot(labels: number, label: number): HostTensor<'float32'> {
  const data = new Float32Array(labels);
  data[label] = 1;
  return float32([labels], data);
}

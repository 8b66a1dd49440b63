import * as tf from '@tensorflow/tfjs-core';
import type { Engine, EngineState, TensorMap } from '@medlego/engine';
import { asFloat32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { forwardFeatures, headLogits, orthogonalityPenalty, type AdapterSpec, type BackboneConfig } from '@medlego/vit';
import { headBiasName, headWeightName } from './head.ts';
import { mapBatches, type ImageBatches } from './image-batches.ts';
import { updateSize } from './adapter-penalties.ts';
import type { ActiveNeighbours } from './neighbours.ts';
import { createObjective } from './objective.ts';
import { adamW } from './optimizers/adam-w.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { sgd } from './optimizers/sgd.ts';
import { ParameterLayout } from './parameter-layout.ts';
import { quietLoss, type QuietImages } from './quiet.ts';
import type { TrainingSettings } from './settings.ts';
import type { TaskShape } from './targets.ts';
import { createTrainStep, parametersName, type Penalty, type TrainStep } from './train-step.ts';

/** The scalar of `TrainBatch.extra` that the adapter's update is multiplied by. */
export const updateScaleName = 'updateScale';

export interface SpecialistStepOptions {
  readonly config: BackboneConfig;
  /** Backbone by timm's names. */
  readonly params: NamedTensors;
  /** One task, or several that share the adapter: the head then has the labels of all, one task after the other. */
  readonly task: TaskShape | readonly TaskShape[];
  readonly settings: TrainingSettings;
  /** Where the adapter and the head start. */
  readonly adapter: NamedTensors;
  readonly head: NamedTensors;
  /** Tensors of the adapter that stay as they are, by name: a frozen A. */
  readonly frozen?: NamedTensors | null;
  /** Active in training and not in `logits`. */
  readonly neighbours?: ActiveNeighbours | null;
  /** Images on which the adapter shall change nothing; active in training and not in `logits`. */
  readonly quiet?: QuietImages | null;
  /** [labels], factor on the loss of positive labels (multi-label only). */
  readonly positiveWeights?: Float64Array | null;
}

/** A training step of a specialist and what goes with it. The caller disposes it. */
export interface SpecialistStep {
  readonly step: TrainStep;
  /** Flat parameters [P] of the start. */
  readonly initial: HostTensor<'float32'>;
  /** Logits [count, labels] of images under the parameters that a training state holds. */
  logits(images: ImageBatches, state: EngineState, batchSize: number): Promise<HostTensor<'float32'>>;
  /** Adapter and head of flat parameters, copied; a frozen head is the one it started with. */
  split(parameters: HostTensor<'float32'>): { readonly adapter: NamedTensors; readonly head: NamedTensors };
  dispose(): Promise<void>;
}

const undecayed = new Set(['cls_token', 'pos_embed', 'attnpool.positional_embedding']);

/** Biases, norms and E (all of one axis), class token and position embedding are not pulled to zero, as in timm. */
const decays = (name: string, shape: readonly number[]) => shape.length > 1 && !undecayed.has(name);

const isHeadName = (name: string) => name === headWeightName || name === headBiasName;

/**
 * Compiles the training step of a specialist: the loss of its task (or tasks) plus the orthogonality penalty (paper, eq. 4), gradients
 * of adapter and head, clipping, update. The backbone is constant, except under a `full` adapter, which replaces it.
 */
export function createSpecialistStep(engine: Engine, options: SpecialistStepOptions): SpecialistStep {
  const { config, settings, head, neighbours, quiet } = options;
  const frozen = options.frozen ?? {};
  const spec = settings.adapter;
  const tasks = Array.isArray(options.task) ? (options.task as readonly TaskShape[]) : [options.task as TaskShape];
  const objective = createObjective(tasks, {
    labelSmoothing: settings.labelSmoothing,
    positiveWeights: options.positiveWeights,
  });
  const adapter: NamedTensors = Object.fromEntries(
    Object.entries(options.adapter).filter(([name]) => !Object.hasOwn(frozen, name)),
  );
  const trainables: NamedTensors = settings.trainHead ? { ...adapter, ...head } : adapter;
  const layout = new ParameterLayout(trainables);
  const adapterNames = Object.keys(adapter);
  const frozenNames = Object.keys(frozen);
  const fixedTensors: NamedTensors = {
    ...(spec.kind === 'full' ? {} : options.params),
    ...frozen,
    ...(settings.trainHead ? {} : head),
  };
  const backboneNames = new Set(Object.keys(spec.kind === 'full' ? {} : options.params));
  const pick = <T>(from: Readonly<Record<string, T>>, names: Iterable<string>): Record<string, T> =>
    Object.fromEntries([...names].map((name) => [name, from[name]!]));
  const ownTensors = (parameters: TensorMap, fixed: TensorMap): TensorMap => ({
    ...pick(parameters, adapterNames),
    ...pick(fixed, frozenNames),
  });
  const featuresOf = (fixed: TensorMap, images: tf.Tensor, tensors?: TensorMap) =>
    forwardFeatures(config, pick(fixed, backboneNames), images, tensors && { spec, tensors });
  const logitsOf = (features: tf.Tensor2D, parameters: TensorMap, fixed: TensorMap) =>
    headLogits(features, settings.trainHead ? parameters : fixed);

  const isLowRank = spec.kind === 'svd-lora' || spec.kind === 'lora';
  const hasScale = isLowRank && settings.updateScaleRange !== null;
  const factorNames = adapterNames.filter((name) => /\.lora_[AB]$/.test(name));
  const penalties: Penalty[] = [];
  if (spec.kind === 'svd-lora')
    penalties.push({
      weight: settings.penaltyWeight,
      names: factorNames,
      value: (parameters, fixed) =>
        orthogonalityPenalty({ ...parameters, ...pick(fixed, frozenNames) }, { reduction: settings.penaltyReduction }),
    });
  if (isLowRank)
    penalties.push({
      weight: settings.updatePenalty,
      names: adapterNames,
      value: (parameters, fixed) => updateSize(spec, { ...parameters, ...pick(fixed, frozenNames) }),
    });
  const step = createTrainStep(engine, {
    name: `training step, ${spec.kind}`,
    layout,
    constants: { ...fixedTensors, ...objective.constants, ...neighbours?.constants },
    optimizer: createOptimizer(settings),
    clipNorm: settings.clipNorm,
    decay: layout.fill((name, shape) => (decays(name, shape) ? settings.weightDecay : 0), 0),
    rateFactors: layout.fill((name) => (isHeadName(name) ? settings.headRateFactor : 1), 1),
    microBatchSize: settings.microBatchSize,
    extraNames: [
      ...(hasScale ? [updateScaleName] : []),
      ...(neighbours ? [neighbours.inputName] : []),
      ...(quiet ? [quiet.inputName] : []),
    ],
    taskLoss: ({ constants: fixed, parameters, images, targets, weights, extra }) => {
      const own = ownTensors(parameters, fixed);
      const scaled = hasScale ? scaleUpdate(spec, own, extra[updateScaleName]!) : own;
      const all = neighbours ? neighbours.join(scaled, fixed, extra[neighbours.inputName]!) : scaled;
      if (!quiet)
        return objective.loss(logitsOf(featuresOf(fixed, images, all), parameters, fixed), targets, weights, fixed);
      const others = quiet.toImages(extra[quiet.inputName]!);
      const features = featuresOf(fixed, tf.concat([images, others as typeof images], 0), all); // [B + rows, dim]
      const [ofTask, changed] = tf.split(features, [images.shape[0], others.shape[0]], 0) as [tf.Tensor2D, tf.Tensor2D];
      return tf.add(
        objective.loss(logitsOf(ofTask, parameters, fixed), targets, weights, fixed),
        quietLoss(changed, featuresOf(fixed, others), quiet.weight, tf.sum(weights)),
      ) as tf.Scalar;
    },
    penalties,
  });
  const evaluation = engine.compile({
    name: `validation, ${spec.kind}`,
    constants: fixedTensors,
    fn: ({ constants: fixed, state, inputs }) => {
      const parameters = layout.split(state[parametersName]!);
      const features = featuresOf(fixed, inputs['images']!, ownTensors(parameters, fixed));
      return { outputs: { logits: logitsOf(features, parameters, fixed) } };
    },
  });

  return {
    step,
    initial: layout.flatten(trainables),
    logits: (images, state, batchSize) =>
      mapBatches(images, batchSize, objective.columns, async (batch) =>
        asFloat32('logits', (await evaluation.run({ images: batch }, state))['logits']!),
      ),
    split: (parameters) => {
      const named = layout.unflatten(parameters);
      return {
        adapter: { ...pick(named, adapterNames), ...frozen },
        head: settings.trainHead ? pick(named, Object.keys(head)) : head,
      };
    },
    async dispose() {
      await step.dispose();
      await evaluation.dispose();
    },
  };
}

/** The update times `scale`, by the smallest factor that is linear in it: E, or B where there is no E. */
function scaleUpdate(spec: AdapterSpec, tensors: TensorMap, scale: tf.Tensor): TensorMap {
  const suffix = spec.kind === 'svd-lora' ? '.lora_E' : '.lora_B';
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, name.endsWith(suffix) ? tf.mul(tensor, scale) : tensor]),
  );
}

function createOptimizer({ optimizer }: TrainingSettings): Optimizer {
  switch (optimizer) {
    case 'adamw':
      return adamW();
    case 'sgd':
      return sgd();
  }
}

import * as tf from '@tensorflow/tfjs-core';
import type { Engine, EngineState, TensorMap } from '@medlego/engine';
import { asFloat32, float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { forwardFeatures, headLogits, orthogonalityPenalty, type AdapterSpec, type VitConfig } from '@medlego/vit';
import { headBiasName, headWeightName } from './head.ts';
import { mapBatches, type ImageBatches } from './image-batches.ts';
import { taskLoss } from './losses.ts';
import { adamW } from './optimizers/adam-w.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { sgd } from './optimizers/sgd.ts';
import { ParameterLayout } from './parameter-layout.ts';
import type { TrainingSettings } from './settings.ts';
import type { TaskShape } from './targets.ts';
import { createTrainStep, parametersName, type TrainStep } from './train-step.ts';

const positiveWeightsName = 'train.positiveWeights';
/** The scalar of `TrainBatch.extra` that the adapter's update is multiplied by. */
export const updateScaleName = 'updateScale';

export interface SpecialistStepOptions {
  readonly config: VitConfig;
  /** Backbone by timm's names. */
  readonly params: NamedTensors;
  readonly task: TaskShape;
  readonly settings: TrainingSettings;
  /** Where the adapter and the head start. */
  readonly adapter: NamedTensors;
  readonly head: NamedTensors;
  /** [labels], factor on the loss of positive labels (multi-label only). */
  readonly positiveWeights?: Float64Array | null;
}

/** A training step of one specialist and what goes with it. The caller disposes it. */
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

/** Biases, LayerNorms and E (all of one axis), class token and position embedding are not pulled to zero, as in timm. */
const decays = (name: string, shape: readonly number[]) =>
  shape.length > 1 && name !== 'cls_token' && name !== 'pos_embed';

const isHeadName = (name: string) => name === headWeightName || name === headBiasName;

/**
 * Compiles the training step of a specialist: the loss of its task plus the orthogonality penalty (paper, eq. 4), gradients of adapter and
 * head, clipping, update. The backbone is constant, except under a `full` adapter, which replaces it.
 */
export function createSpecialistStep(engine: Engine, options: SpecialistStepOptions): SpecialistStep {
  const { config, task, settings, adapter, head, positiveWeights } = options;
  const spec = settings.adapter;
  const trainables: NamedTensors = settings.trainHead ? { ...adapter, ...head } : adapter;
  const layout = new ParameterLayout(trainables);
  const adapterNames = Object.keys(adapter);
  const constants: NamedTensors = {
    ...(spec.kind === 'full' ? {} : options.params),
    ...(settings.trainHead ? {} : head),
    ...(positiveWeights ? { [positiveWeightsName]: float32([positiveWeights.length], positiveWeights) } : {}),
  };
  const withoutHead = (tensors: TensorMap): TensorMap =>
    Object.fromEntries(Object.entries(tensors).filter(([name]) => !isHeadName(name)));
  const forward = (parameters: TensorMap, fixed: TensorMap, images: tf.Tensor, scale?: tf.Tensor) => {
    const own = Object.fromEntries(adapterNames.map((name) => [name, parameters[name]!]));
    const tensors = scale ? scaleUpdate(spec, own, scale) : own;
    const features = forwardFeatures(config, withoutHead(fixed), images, { spec, tensors });
    return headLogits(features, settings.trainHead ? parameters : fixed);
  };

  const isLowRank = spec.kind === 'svd-lora' || spec.kind === 'lora';
  const factorNames = adapterNames.filter((name) => /\.lora_[AB]$/.test(name));
  const step = createTrainStep(engine, {
    name: `training step, ${spec.kind}`,
    layout,
    constants,
    optimizer: createOptimizer(settings),
    clipNorm: settings.clipNorm,
    decay: layout.fill((name, shape) => (decays(name, shape) ? settings.weightDecay : 0), 0),
    rateFactors: layout.fill((name) => (isHeadName(name) ? settings.headRateFactor : 1), 1),
    microBatchSize: settings.microBatchSize,
    extraNames: isLowRank && settings.updateScaleRange ? [updateScaleName] : [],
    taskLoss: ({ constants: fixed, parameters, images, targets, weights, extra }) =>
      taskLoss(
        forward(parameters, fixed, images, extra[updateScaleName]),
        targets,
        weights,
        { kind: task.kind, labelSmoothing: settings.labelSmoothing },
        fixed[positiveWeightsName] as tf.Tensor1D | undefined,
      ),
    ...(spec.kind === 'svd-lora' && settings.penaltyWeight > 0
      ? {
          penalty: {
            weight: settings.penaltyWeight,
            names: factorNames,
            value: (parameters: TensorMap) =>
              orthogonalityPenalty(parameters, { reduction: settings.penaltyReduction }),
          },
        }
      : {}),
  });
  const evaluation = engine.compile({
    name: `validation, ${spec.kind}`,
    constants,
    fn: ({ constants: fixed, state, inputs }) => ({
      outputs: { logits: forward(layout.split(state[parametersName]!), fixed, inputs['images']!) },
    }),
  });

  return {
    step,
    initial: layout.flatten(trainables),
    logits: (images, state, batchSize) =>
      mapBatches(images, batchSize, task.labels.length, async (batch) =>
        asFloat32('logits', (await evaluation.run({ images: batch }, state))['logits']!),
      ),
    split: (parameters) => {
      const named = layout.unflatten(parameters);
      const pick = (keep: (name: string) => boolean) =>
        Object.fromEntries(Object.entries(named).filter(([name]) => keep(name)));
      return {
        adapter: pick((name) => !isHeadName(name)),
        head: settings.trainHead ? pick(isHeadName) : head,
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

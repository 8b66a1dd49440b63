import * as tf from '@tensorflow/tfjs-core';
import { InvalidValueError } from '@medlego/errors';
import type { Engine, EngineState, PureFunction, TensorMap } from '@medlego/engine';
import { assertShape, float32, hostTensor, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { splitBatch, type BatchRows } from './micro-batches.ts';
import { clipByGlobalNorm } from './optimizers/clip.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import type { ParameterLayout } from './parameter-layout.ts';

/** Name of the flat trainable parameters in a step's state; the optimizer's slots lie beside it. */
export const parametersName = 'parameters';

/** Inputs of one step. B is fixed per compiled step: a smaller last batch is padded with rows of weight 0. */
export interface TrainBatch extends BatchRows {
  /** [B, H, W, C] float32, normalised. */
  readonly images: HostTensor<'float32'>;
  /** [B, labels] float32. */
  readonly targets: HostTensor<'float32'>;
  /** [B] float32, summing to 1: what each row counts in the batch's mean. */
  readonly weights: HostTensor<'float32'>;
  /** Rows that are images and not padding. */
  readonly count: number;
  /** More numbers for the model, by name: scalars, or vectors of a fixed length. */
  readonly extra?: Readonly<Record<string, number | Float32Array>>;
}

export interface LossArguments {
  readonly constants: TensorMap;
  /** Trainable tensors by name. */
  readonly parameters: TensorMap;
  readonly images: tf.Tensor4D;
  readonly targets: tf.Tensor2D;
  readonly weights: tf.Tensor1D;
  /** `TrainBatch.extra`: scalars and vectors. */
  readonly extra: TensorMap;
}

/** A scalar that depends on some trainables (and frozen tensors) alone, with its weight in the total loss. Pure. */
export interface Penalty {
  readonly weight: number;
  /** Trainables that its gradient goes to. */
  readonly names: readonly string[];
  readonly value: (parameters: TensorMap, constants: TensorMap) => tf.Scalar;
}

export interface TrainStepOptions {
  readonly name: string;
  readonly layout: ParameterLayout;
  /** Frozen weights. */
  readonly constants: NamedTensors;
  readonly optimizer: Optimizer;
  /** Largest Euclidean norm of the whole gradient; null: not clipped. */
  readonly clipNorm: number | null;
  /** [P] decoupled decay of each parameter; null: none. */
  readonly decay: HostTensor<'float32'> | null;
  /** [P] factor on each parameter's learning rate; null: all 1. */
  readonly rateFactors: HostTensor<'float32'> | null;
  /** Scalar task loss. Pure. */
  readonly taskLoss: (args: LossArguments) => tf.Scalar;
  /** Added to the task loss, each with its weight. */
  readonly penalties?: readonly Penalty[];
  /** Names of what `TrainBatch.extra` holds. */
  readonly extraNames?: readonly string[];
  /** Rows that are computed at a time; gradients are added up over a batch. null: whole batches. */
  readonly microBatchSize?: number | null;
}

export interface StepLosses {
  /** taskLoss + penalty: what is minimised. */
  readonly loss: number;
  readonly taskLoss: number;
  /** All penalties, weighted; 0 where there is none. */
  readonly penalty: number;
  /** Euclidean norm of the gradient before clipping. */
  readonly gradientNorm: number;
}

/** A compiled step (parameters, slots, batch) → (parameters, slots, losses). */
export interface TrainStep {
  readonly layout: ParameterLayout;
  /** Fresh optimizer state around these parameters [P]. The caller disposes it. */
  createState(parameters: HostTensor<'float32'>): Promise<EngineState>;
  /** State from what `EngineState.read` gave, for a resume. The caller disposes it. */
  restoreState(state: NamedTensors): Promise<EngineState>;
  /** @param update number of this update, from 1 */
  run(
    batch: TrainBatch,
    control: { readonly learningRate: number; readonly update: number },
    state: EngineState,
  ): Promise<StepLosses>;
  dispose(): Promise<void>;
}

const decayName = 'train.decay';
const rateName = 'train.rateFactors';
const accumulatedName = 'accumulated';

/**
 * Compiles a training step. All trainable tensors live in one flat vector, so that the update is a dozen operators for the whole model.
 * The learning rate and Adam's bias corrections are inputs: one graph serves every step.
 */
export function createTrainStep(engine: Engine, options: TrainStepOptions): TrainStep {
  const { name, layout, optimizer, microBatchSize = null, extraNames = [] } = options;
  const penalties = (options.penalties ?? []).filter(({ weight }) => weight !== 0);
  if (microBatchSize !== null && !(Number.isInteger(microBatchSize) && microBatchSize >= 1))
    throw new InvalidValueError({ field: 'microBatchSize', expected: 'a whole number from 1', actual: microBatchSize });
  const slotNames = Object.keys(optimizer.init(0));
  const constants: NamedTensors = {
    ...options.constants,
    ...(options.decay ? { [decayName]: options.decay } : {}),
    ...(options.rateFactors ? { [rateName]: options.rateFactors } : {}),
  };

  /** Task loss of a (micro-)batch, a share of the penalty, and the gradient [P] of both. */
  const differentiate = (
    args: { constants: TensorMap; state: TensorMap; inputs: TensorMap },
    share: tf.Tensor | null,
  ) => {
    const parameters = layout.split(args.state[parametersName]!);
    const names = layout.entries.map((entry) => entry.name);
    const extra = Object.fromEntries(extraNames.map((key) => [key, args.inputs[key]!]));
    const task = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
      options.taskLoss({
        constants: args.constants,
        parameters: Object.fromEntries(names.map((key, i) => [key, tensors[i]!])),
        images: args.inputs['images'] as tf.Tensor4D,
        targets: args.inputs['targets'] as tf.Tensor2D,
        weights: args.inputs['weights'] as tf.Tensor1D,
        extra,
      }),
    )(names.map((key) => parameters[key]!));
    const gradient = joinGradients(layout, names, task.grads);
    if (penalties.length === 0) return { taskLoss: task.value, penalty: tf.scalar(0), gradient };
    // Tapes of their own: their values are wanted alone, and their gradients are 0 for most tensors.
    const regular = penalties.map(({ weight, names: wanted, value }) => {
      const { value: raw, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
        value(Object.fromEntries(wanted.map((key, i) => [key, tensors[i]!])), args.constants),
      )(wanted.map((key) => parameters[key]!));
      const factor = share ? tf.mul(share, weight) : tf.scalar(weight);
      return { value: tf.mul(raw, factor), gradient: tf.mul(joinGradients(layout, wanted, grads), factor) };
    });
    return {
      taskLoss: task.value,
      penalty: regular.map(({ value }) => value).reduce((sum, value) => tf.add(sum, value)),
      gradient: regular.reduce((sum, part) => tf.add(sum, part.gradient), gradient),
    };
  };

  const update = (args: { constants: TensorMap; state: TensorMap; inputs: TensorMap }, gradient: tf.Tensor) => {
    const clipped = clipByGlobalNorm(gradient, options.clipNorm);
    const next = optimizer.update({
      parameters: args.state[parametersName]!,
      gradient: clipped.gradient,
      slots: Object.fromEntries(slotNames.map((slot) => [slot, args.state[slot]!])),
      control: {
        learningRate: args.inputs['learningRate']!,
        biasCorrection1: args.inputs['biasCorrection1']!,
        biasCorrection2: args.inputs['biasCorrection2']!,
      },
      decay: args.constants[decayName],
      rateFactors: args.constants[rateName],
    });
    return { norm: clipped.norm, state: { [parametersName]: next.parameters, ...next.slots } };
  };

  const whole: PureFunction = (args) => {
    const { taskLoss, penalty: value, gradient } = differentiate(args, null);
    const { norm, state } = update(args, gradient);
    return { state, outputs: { losses: stackScalars([taskLoss, value, norm]) } };
  };
  const accumulate: PureFunction = (args) => {
    const { taskLoss, penalty: value, gradient } = differentiate(args, args.inputs['share']!);
    return {
      state: { [accumulatedName]: tf.add(args.state[accumulatedName]!, gradient) },
      outputs: { losses: stackScalars([taskLoss, value]) },
    };
  };
  const apply: PureFunction = (args) => {
    const { norm, state } = update(args, args.state[accumulatedName]!);
    return {
      state: { ...state, [accumulatedName]: tf.zerosLike(args.state[accumulatedName]!) },
      outputs: { losses: stackScalars([norm]) },
    };
  };

  // Packed weights: thousands of steps repay the memory.
  const wholeProgram =
    microBatchSize === null ? engine.compile({ name, fn: whole, constants, weights: 'packed' }) : null;
  const accumulateProgram =
    microBatchSize === null
      ? null
      : engine.compile({ name: `${name}: gradient`, fn: accumulate, constants, weights: 'packed' });
  const applyProgram =
    microBatchSize === null
      ? null
      : engine.compile({
          name: `${name}: update`,
          fn: apply,
          constants: Object.fromEntries(
            Object.entries(constants).filter(([key]) => key === decayName || key === rateName),
          ),
        });

  const withAccumulator = (state: NamedTensors): NamedTensors =>
    microBatchSize === null
      ? state
      : { ...state, [accumulatedName]: float32([layout.size], new Float32Array(layout.size)) };

  return {
    layout,
    createState: (parameters) => {
      assertShape('parameters', [layout.size], parameters.shape);
      return engine.createState(withAccumulator({ [parametersName]: parameters, ...optimizer.init(layout.size) }));
    },
    // Between steps the accumulator is zero, so a state that lacks it is whole.
    restoreState: (state) => engine.createState(withAccumulator(state)),
    async run(batch, { learningRate, update: number }, state) {
      const [correction1, correction2] = optimizer.biasCorrections(number);
      const control: NamedTensors = {
        learningRate: scalar(learningRate),
        biasCorrection1: scalar(correction1),
        biasCorrection2: scalar(correction2),
      };
      const extra = Object.fromEntries(extraNames.map((key) => [key, numbersOf(batch.extra?.[key] ?? 0)]));
      let taskLoss = 0;
      let penaltyValue = 0;
      let gradientNorm: number;
      if (wholeProgram) {
        const { images, targets, weights } = batch;
        const out = await wholeProgram.run({ images, targets, weights, ...extra, ...control }, state);
        [taskLoss, penaltyValue, gradientNorm] = readNumbers(out) as [number, number, number];
      } else {
        const parts = splitBatch(batch, microBatchSize!);
        for (const { images, targets, weights } of parts) {
          const out = await accumulateProgram!.run(
            { images, targets, weights, ...extra, share: scalar(1 / parts.length) },
            state,
          );
          const [task, part] = readNumbers(out) as [number, number];
          taskLoss += task;
          penaltyValue += part;
        }
        [gradientNorm] = readNumbers(await applyProgram!.run(control, state)) as [number];
      }
      return { loss: taskLoss + penaltyValue, taskLoss, penalty: penaltyValue, gradientNorm };
    },
    async dispose() {
      for (const program of [wholeProgram, accumulateProgram, applyProgram]) await program?.dispose();
    },
  };
}

const scalar = (value: number) => hostTensor('float32', [], Float32Array.of(value));

const numbersOf = (value: number | Float32Array) =>
  typeof value === 'number' ? scalar(value) : hostTensor('float32', [value.length], value);

const stackScalars = (values: readonly tf.Tensor[]) =>
  tf.concat1d(values.map((value) => tf.reshape(value, [1]) as tf.Tensor1D));

const readNumbers = (outputs: NamedTensors): number[] => [...(outputs['losses']!.data as Float32Array)];

/** One vector [P] of gradients by name; names without a gradient get zeros. */
function joinGradients(
  layout: ParameterLayout,
  names: readonly string[],
  grads: readonly (tf.Tensor | null | undefined)[],
): tf.Tensor {
  const byName = new Map(names.map((name, i) => [name, grads[i]]));
  return layout.join(
    Object.fromEntries(layout.entries.map(({ name, shape }) => [name, byName.get(name) ?? tf.zeros([...shape])])),
  );
}

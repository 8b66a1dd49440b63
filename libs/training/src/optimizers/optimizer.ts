import type * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '@medlego/tensors';

/** What changes from step to step and is therefore an input of the compiled step, not a constant of it. All scalars. */
export interface StepControl {
  readonly learningRate: tf.Tensor;
  /** 1 − β₁ᵗ of Adam-like optimizers, t counted from 1. */
  readonly biasCorrection1: tf.Tensor;
  /** 1 − β₂ᵗ of Adam-like optimizers. */
  readonly biasCorrection2: tf.Tensor;
}

/**
 * An optimizer as a pure pair: `init` makes the slots, `update` returns new parameters and slots.
 * Works entry by entry, so parameters may have any shape; the training step gives it one flat vector,
 * which costs a dozen operators for a whole model instead of a dozen for each tensor.
 */
export interface Optimizer {
  readonly id: string;
  /** Slot names with zeros for `size` parameters. */
  init(size: number): Readonly<Record<string, HostTensor<'float32'>>>;
  update(args: {
    readonly parameters: tf.Tensor;
    readonly gradient: tf.Tensor;
    readonly slots: Readonly<Record<string, tf.Tensor>>;
    readonly control: StepControl;
    /** Decoupled decay of each entry (already times the weight decay), or nothing. */
    readonly decay?: tf.Tensor;
    /** Factor on each entry's learning rate, or nothing. */
    readonly rateFactors?: tf.Tensor;
  }): { readonly parameters: tf.Tensor; readonly slots: Readonly<Record<string, tf.Tensor>> };
  /** The factors of `StepControl` at update number `update` (from 1). */
  biasCorrections(update: number): readonly [number, number];
}

import * as tf from '@tensorflow/tfjs-core';

/** Input name → function that computes its gradient. */
export type GradientMap = Record<string, () => tf.Tensor>;

/** How to get the gradients of one kernel's inputs; computed only for the inputs that are asked for. */
export interface Gradient {
  readonly kernelName: string;
  readonly inputsToSave?: string[];
  readonly saveAllInputs?: boolean;
  readonly outputsToSave?: boolean[];
  readonly gradFunc: tf.GradFunc;
}

/** Elementwise with one input `x`: `slope(dy, x)`. */
export function ofInput(
  kernelName: string,
  slope: (dy: tf.Tensor, x: tf.Tensor, attrs: tf.NamedAttrMap) => tf.Tensor,
): Gradient {
  return {
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => ({ x: () => slope(dy as tf.Tensor, x!, attrs) }),
  };
}

/** Elementwise with one input `x`, from the result `y`: `slope(dy, y)`. */
export function ofOutput(
  kernelName: string,
  slope: (dy: tf.Tensor, y: tf.Tensor, attrs: tf.NamedAttrMap) => tf.Tensor,
): Gradient {
  return {
    kernelName,
    outputsToSave: [true],
    gradFunc: (dy, [y], attrs) => ({ x: () => slope(dy as tf.Tensor, y!, attrs) }),
  };
}

/** Linear in its inputs: nothing is saved. */
export function linear(kernelName: string, gradFunc: (dy: tf.Tensor, attrs: tf.NamedAttrMap) => GradientMap): Gradient {
  return { kernelName, gradFunc: (dy, _saved, attrs) => gradFunc(dy as tf.Tensor, attrs) };
}

/** Sums a gradient over the axes that broadcasting added, back to the operand's shape. */
export function unbroadcast(gradient: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  const summed = axes.length > 0 ? tf.sum(gradient, axes) : gradient;
  return tf.reshape(summed, shape);
}

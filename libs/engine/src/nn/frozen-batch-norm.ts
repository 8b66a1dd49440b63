import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from './stop-gradient.ts';

/** A BatchNorm's tensors, all [C]. */
export interface BatchNormTensors {
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor;
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/**
 * BatchNorm in inference form, as the one product and sum per channel that it then is: y = x · scale + shift with
 * scale = weight / √(variance + ε) and shift = bias − mean · scale. Weight and bias have gradients, the running statistics have none.
 *
 * @returns scale and shift, both [C], owned by the caller
 * Source: Ioffe and Szegedy 2015, arXiv 1502.03167, algorithm 2, step 11.
 */
export function frozenBatchNorm(
  { weight, bias, mean, variance }: BatchNormTensors,
  epsilon: number,
): { readonly scale: tf.Tensor1D; readonly shift: tf.Tensor1D } {
  return tf.tidy(() => {
    const scale = tf.mul(weight, tf.rsqrt(tf.add(stopGradient(variance), epsilon)));
    return { scale: scale as tf.Tensor1D, shift: tf.sub(bias, tf.mul(stopGradient(mean), scale)) as tf.Tensor1D };
  });
}

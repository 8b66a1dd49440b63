import * as tf from '@tensorflow/tfjs-core';
import { conv2d, frozenBatchNorm, type TensorMap } from '@medlego/engine';
import { type ModifiedResnetConfig } from '../config/resnet-config.ts';

export interface ResnetContext {
  readonly config: ModifiedResnetConfig;
  readonly params: TensorMap;
}

export interface ConvNormNames {
  readonly conv: string;
  readonly norm: string;
  readonly stride?: number;
}

/**
 * A convolution without bias and its BatchNorm, as one convolution: the norm's factor goes into the kernel, so that frozen weights are
 * multiplied once, when the graph is compiled. Padding keeps the size at stride 1.
 *
 * @param x [B, H, W, in]
 * @returns [B, H / stride, W / stride, out]
 */
export function convNorm(
  { config, params }: ResnetContext,
  { conv, norm, stride = 1 }: ConvNormNames,
  x: tf.Tensor,
): tf.Tensor4D {
  const kernel = params[`${conv}.weight`]!; // [out, in, h, w]
  const { scale, shift } = frozenBatchNorm(
    {
      weight: params[`${norm}.weight`]!,
      bias: params[`${norm}.bias`]!,
      mean: params[`${norm}.running_mean`]!,
      variance: params[`${norm}.running_var`]!,
    },
    config.batchNormEps,
  );
  const scaled = tf.mul(kernel, tf.reshape(scale, [-1, 1, 1, 1]));
  return tf.add(conv2d(x, scaled, { stride, padding: (kernel.shape[2]! - 1) / 2 }), shift);
}

/** Means of squares side by side. x [B, H, W, C]. Returns [B, H / size, W / size, C]. */
export const averagePool = (x: tf.Tensor4D, size: number): tf.Tensor4D =>
  size === 1 ? x : tf.avgPool(x, size, size, 'valid');

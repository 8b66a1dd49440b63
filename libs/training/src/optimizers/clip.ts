import * as tf from '@tensorflow/tfjs-core';

/**
 * Scales a gradient so that its Euclidean norm over all parameters is at most `maxNorm`.
 * A NaN gradient stays NaN, so the loop sees it. Source: Pascanu et al. 2013, arXiv 1211.5063, section 3.2.
 *
 * @param gradient all gradients as one vector
 * @param maxNorm  greater than 0; null measures and leaves the gradient as it is
 * @returns the gradient and its norm before clipping (scalar)
 */
export function clipByGlobalNorm(
  gradient: tf.Tensor,
  maxNorm: number | null,
): { readonly gradient: tf.Tensor; readonly norm: tf.Scalar } {
  const norm = tf.sqrt(tf.sum(tf.square(gradient))) as tf.Scalar;
  if (maxNorm === null) return { gradient, norm };
  // 1e-6 as in PyTorch's clip_grad_norm_: no division by zero where the gradient vanishes.
  const factor = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
  return { gradient: tf.mul(gradient, factor), norm };
}

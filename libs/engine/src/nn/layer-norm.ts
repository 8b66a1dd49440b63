import * as tf from '@tensorflow/tfjs-core';

type Save = (tensors: tf.Tensor[]) => void;

/**
 * Rows of the last axis with mean 0 and (biased) variance 1. The gradient uses what the forward pass has saved:
 * dx = (g − mean(g) − x̂ mean(g x̂)) / σ.
 *
 * @param x [..., D]
 * @returns [..., D], owned by the caller
 * Source: Ba et al. 2016, arXiv 1607.06450, eq. 4, without gain and bias.
 */
export function normalize(x: tf.Tensor, epsilon: number): tf.Tensor {
  const op = tf.customGrad(((input: tf.Tensor, save: Save) => {
    const centred = tf.sub(input, tf.mean(input, -1, true));
    const variance = tf.mean(tf.square(centred), -1, true);
    const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon)); // [..., 1]
    const value = tf.mul(centred, inverseDeviation);
    save([value, inverseDeviation]);
    return {
      value,
      gradFunc: (g: tf.Tensor, [xhat, scale]: tf.Tensor[]) => {
        const projection = tf.mean(tf.mul(g, xhat!), -1, true); // [..., 1]
        const centredGradient = tf.sub(g, tf.mean(g, -1, true));
        return tf.mul(tf.sub(centredGradient, tf.mul(xhat!, projection)), scale!);
      },
    };
  }) as unknown as Parameters<typeof tf.customGrad>[0]);
  return op(x);
}

/**
 * LayerNorm over the last axis with biased variance.
 *
 * @param x [..., D], gamma and beta [D], all borrowed
 * @returns [..., D], owned by the caller
 * Source: Ba et al. 2016, arXiv 1607.06450, eq. 4.
 */
export function layerNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.tidy(() => tf.add(tf.mul(normalize(x, epsilon), gamma), beta));
}

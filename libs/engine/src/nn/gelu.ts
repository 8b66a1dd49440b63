import * as tf from '@tensorflow/tfjs-core';

type Save = (tensors: tf.Tensor[]) => void;

/**
 * Exact GELU, x Φ(x), by erf (not the tanh approximation). Returns the shape of x, owned by the caller.
 *
 * With z = x / √2 and u = 1 + erf(z) it is z u / √2, and its derivative Φ(x) + x φ(x) = (u + z exp(ln(2 / √π) − z²)) / 2. z and u
 * are kept for the gradient, and the factors 1 / √2 and 1 / 2 stand outside, where a matrix product takes them in.
 * Source: Hendrycks and Gimpel 2016, arXiv 1606.08415.
 */
export function gelu(x: tf.Tensor): tf.Tensor {
  const op = tf.customGrad(((input: tf.Tensor, save: Save) => {
    const z = tf.mul(input, Math.SQRT1_2);
    const u = tf.add(tf.erf(z), 1);
    save([z, u]);
    return {
      value: tf.mul(tf.mul(z, u), Math.SQRT1_2),
      gradFunc: (dy: tf.Tensor, [savedZ, savedU]: tf.Tensor[]) => {
        const density = tf.exp(tf.sub(Math.log(2 / Math.sqrt(Math.PI)), tf.mul(savedZ!, savedZ!)));
        const twice = tf.add(savedU!, tf.mul(savedZ!, density));
        return tf.mul(tf.mul(dy, 0.5), twice);
      },
    };
  }) as unknown as Parameters<typeof tf.customGrad>[0]);
  return op(x);
}

import * as tf from '@tensorflow/tfjs-core';

/** LayerNorm over the last axis with biased variance. x [..., D], gamma and beta [D]. Returns [..., D]. Ba et al. 2016, arXiv 1607.06450. */
export function layerNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.tidy(() => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.square(centred), -1, true);
    return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), gamma), beta);
  });
}

/** Exact GELU, x Φ(x), by erf (not the tanh approximation). Hendrycks and Gimpel 2016, arXiv 1606.08415. */
export function gelu(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)));
}

/** y = x Wᵀ + b. x [..., in], weight [out, in] as checkpoints store it, bias [out]. Returns [..., out]. */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const [out, inner] = weight.shape as [number, number];
    const rows = tf.matMul(tf.reshape(x, [-1, inner]) as tf.Tensor2D, weight as tf.Tensor2D, false, true); // [rows, out]
    const y = bias ? tf.add(rows, bias) : rows;
    return tf.reshape(y, [...x.shape.slice(0, -1), out]);
  });
}

/** softmax(q kᵀ scale) v. q [B, heads, Tq, d], k and v [B, heads, T, d]. Returns [B, heads, Tq, d]. Vaswani et al. 2017, Eq. 1. */
export function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, scale: number): tf.Tensor {
  return tf.tidy(() => tf.matMul(tf.softmax(tf.mul(tf.matMul(q, k, false, true), scale)), v));
}

import * as tf from '@tensorflow/tfjs-core';

/** y = x Wᵀ + b. x [..., in], weight [out, in] as checkpoints store it, bias [out]. Returns [..., out], owned by the caller. */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const [out, inner] = weight.shape as [number, number];
    const rows = tf.matMul(tf.reshape(x, [-1, inner]) as tf.Tensor2D, weight as tf.Tensor2D, false, true); // [rows, out]
    const y = bias ? tf.add(rows, bias) : rows;
    return tf.reshape(y, [...x.shape.slice(0, -1), out]);
  });
}

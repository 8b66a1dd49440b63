import * as tf from '@tensorflow/tfjs-core';

type Save = (tensors: tf.Tensor[]) => void;

/**
 * softmax(q kᵀ scale) v. q [B, heads, Tq, d], k and v [B, heads, T, d], borrowed. Returns [B, heads, Tq, d], owned by the caller.
 *
 * The gradient of the softmax needs the sums of dP ∘ P over keys; they equal those of dO ∘ O over features, which are fewer:
 * dS = P ∘ (dO vᵀ − rowsum(dO ∘ O)).
 * Source: Vaswani et al. 2017, arXiv 1706.03762, eq. 1; the sums as in Dao et al. 2022, arXiv 2205.14135, appendix B.2.
 */
export function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, scale: number): tf.Tensor {
  const op = tf.customGrad(((query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, save: Save) => {
    const probabilities = tf.softmax(tf.mul(tf.matMul(query, key, false, true), scale)); // [B, heads, Tq, T]
    const output = tf.matMul(probabilities, value); // [B, heads, Tq, d]
    save([query, key, value, probabilities, output]);
    return {
      value: output,
      gradFunc: (dO: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedQ, savedK, savedV, p, o] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        const rowSums = tf.sum(tf.mul(dO, o), -1, true); // [B, heads, Tq, 1]
        const dS = tf.mul(tf.sub(tf.matMul(dO, savedV, false, true), rowSums), p); // [B, heads, Tq, T]
        return [
          tf.mul(tf.matMul(dS, savedK), scale),
          tf.mul(tf.matMul(dS, savedQ, true, false), scale),
          tf.matMul(p, dO, true, false),
        ];
      },
    };
  }) as unknown as Parameters<typeof tf.customGrad>[0]);
  return op(q, k, v);
}

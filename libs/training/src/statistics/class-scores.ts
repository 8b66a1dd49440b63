import * as tf from '@tensorflow/tfjs-core';
import type { TaskShape } from '../targets.ts';
import { isMultiLabel } from '../targets.ts';

/**
 * For one label: a scalar whose gradient gives each image's score, and what the squares of these gradients count for.
 *
 * A softmax task has E_c[(∂ log p_c)²] = Σ_c p_c (∂ log p_c)². The labels of a multi-label task are independent, so that the expectation
 * over all of them is Σ_c p_c (1 − p_c) (∂ z_c)².
 *
 * @param logits [B, labels]
 * @param chosen [labels], one-hot
 * @returns `objective`: the scalar, a sum over images; `weights` [B, 1]
 */
export function labelScores(
  task: Pick<TaskShape, 'kind'>,
  logits: tf.Tensor2D,
  chosen: tf.Tensor1D,
): { readonly objective: tf.Scalar; readonly weights: tf.Tensor } {
  const pick = (x: tf.Tensor) => tf.sum(tf.mul(x, chosen), 1, true); // [B, 1]
  if (isMultiLabel(task)) {
    const p = tf.sigmoid(pick(logits));
    return { objective: tf.sum(pick(logits)) as tf.Scalar, weights: tf.mul(p, tf.sub(1, p)) };
  }
  const logP = tf.logSoftmax(logits);
  return { objective: tf.sum(pick(logP)) as tf.Scalar, weights: tf.exp(pick(logP)) };
}

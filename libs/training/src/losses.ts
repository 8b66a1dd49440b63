import * as tf from '@tensorflow/tfjs-core';
import type { TaskKind } from '@medlego/tasks';

export interface LossOptions {
  readonly kind: TaskKind;
  /** Share of the target given evenly to all labels (softmax) or pulled to 1/2 (sigmoid), in [0, 1). Szegedy et al. 2016, arXiv 1512.00567, section 7. */
  readonly labelSmoothing?: number;
}

/**
 * Softmax cross-entropy of every sample.
 *
 * @param logits  [B, L] float32
 * @param targets [B, L] float32, rows sum to 1 (one-hot before smoothing)
 * @returns       [B], in nats
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D, labelSmoothing = 0): tf.Tensor1D {
  return tf.tidy(() => {
    const labels = logits.shape[1];
    const smooth = labelSmoothing > 0 ? tf.add(tf.mul(targets, 1 - labelSmoothing), labelSmoothing / labels) : targets;
    // logSoftmax has a gradient of few operators (softmax − target): no log of a quotient, no overflow for large logits.
    return tf.neg(tf.sum(tf.mul(smooth, tf.logSoftmax(logits)), 1)) as tf.Tensor1D;
  });
}

/**
 * Binary cross-entropy with logits of every sample, mean over its labels.
 * Written as max(z, 0) − z t + log(1 + exp(−|z|)), which overflows for no finite z.
 *
 * @param logits  [B, L] float32
 * @param targets [B, L] float32 in [0, 1]
 * @param positiveWeights [L], factor on the loss of positive labels; none = 1
 * @returns       [B], in nats
 */
export function sigmoidCrossEntropy(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  labelSmoothing = 0,
  positiveWeights?: tf.Tensor1D,
): tf.Tensor1D {
  return tf.tidy(() => {
    const smooth =
      labelSmoothing > 0 ? tf.add(tf.mul(targets, 1 - labelSmoothing), labelSmoothing / 2) : (targets as tf.Tensor);
    const softplus = tf.log(tf.add(tf.exp(tf.neg(tf.abs(logits))), 1)); // log(1 + e^−|z|)
    const loss = tf.add(tf.sub(tf.relu(logits), tf.mul(logits, smooth)), softplus); // [B, L]
    // The factor is linear in the target, so that a smoothed target gets the factor's own share.
    const weighted = positiveWeights ? tf.mul(loss, tf.add(tf.mul(smooth, tf.sub(positiveWeights, 1)), 1)) : loss;
    return tf.mean(weighted, 1) as tf.Tensor1D;
  });
}

/**
 * The task's loss: softmax for one label of several (binary as two columns), sigmoid for multi-label.
 *
 * @param weights [B], what each sample counts: 0 for padding, summing to 1 over the batch, so the result is a (weighted) mean
 * @returns scalar
 */
export function taskLoss(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  weights: tf.Tensor1D,
  options: LossOptions,
  positiveWeights?: tf.Tensor1D,
): tf.Scalar {
  return tf.tidy(() => {
    const losses =
      options.kind === 'multi-label, binary-class'
        ? sigmoidCrossEntropy(logits, targets, options.labelSmoothing, positiveWeights)
        : softmaxCrossEntropy(logits, targets, options.labelSmoothing);
    return tf.sum(tf.mul(losses, weights)) as tf.Scalar;
  });
}

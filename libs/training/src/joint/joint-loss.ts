import * as tf from '@tensorflow/tfjs-core';
import type { TensorMap } from '@medlego/engine';
import { float32, type NamedTensors } from '@medlego/tensors';
import { isMultiLabel, type TaskShape } from '../targets.ts';

/** What a target says in the columns of other tasks: nothing. Real targets lie in [0, 1]. */
export const foreignTarget = -1;

/** Added to logits of other tasks' columns before a softmax: their share is then exactly 0 in float32. */
const farBelow = -1e9;

const softmaxName = 'train.softmaxColumns';
const sigmoidName = 'train.sigmoidColumns';

export interface JointColumns {
  /** [columns]: 1 / labels of the column's task where that is a softmax task, else 0; null where there is none. */
  readonly softmaxShare: tf.Tensor | null;
  /** The same for multi-label tasks. */
  readonly sigmoidShare: tf.Tensor | null;
}

/** The columns of a head that serves several tasks, as constants of a graph. */
export function jointColumns(tasks: readonly TaskShape[]): {
  readonly constants: NamedTensors;
  read(constants: TensorMap): JointColumns;
} {
  const shares = (wanted: boolean) =>
    Float32Array.from(
      tasks.flatMap((task) => task.labels.map(() => (isMultiLabel(task) === wanted ? 1 / task.labels.length : 0))),
    );
  const [softmax, sigmoid] = [shares(false), shares(true)];
  const isUsed = (share: Float32Array) => share.some((value) => value > 0);
  return {
    constants: {
      ...(isUsed(softmax) ? { [softmaxName]: float32([softmax.length], softmax) } : {}),
      ...(isUsed(sigmoid) ? { [sigmoidName]: float32([sigmoid.length], sigmoid) } : {}),
    },
    read: (fixed) => ({ softmaxShare: fixed[softmaxName] ?? null, sigmoidShare: fixed[sigmoidName] ?? null }),
  };
}

/**
 * The loss of rows that belong to different tasks of one head: each row counts in its own task's columns alone, by its own task's
 * loss (softmax restricted to those columns, or the mean of their binary cross-entropies), so one compiled graph serves all tasks
 * and a batch may mix them. For one row it is `taskLoss` of that row's task.
 *
 * @param logits  [B, columns]
 * @param targets [B, columns]: the row's own labels, `foreignTarget` in all other columns
 * @param weights [B], summing to 1
 * @param positiveWeights [columns], factor on the loss of positive labels of multi-label tasks
 * @returns scalar
 */
export function jointLoss(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  weights: tf.Tensor1D,
  options: JointColumns & { readonly labelSmoothing: number },
  positiveWeights?: tf.Tensor,
): tf.Scalar {
  const { softmaxShare, sigmoidShare, labelSmoothing } = options;
  return tf.tidy(() => {
    const own = tf.cast(tf.greaterEqual(targets, 0), 'float32'); // [B, columns]
    const parts: tf.Tensor[] = [];
    if (softmaxShare) {
      const columns = tf.mul(own, tf.sign(softmaxShare));
      const smooth =
        labelSmoothing > 0
          ? tf.add(tf.mul(targets, 1 - labelSmoothing), tf.mul(softmaxShare, labelSmoothing))
          : (targets as tf.Tensor);
      const masked = tf.add(logits, tf.mul(tf.sub(1, own), farBelow)) as tf.Tensor2D;
      parts.push(tf.neg(tf.sum(tf.mul(tf.mul(smooth, columns), tf.logSoftmax(masked)), 1)));
    }
    if (sigmoidShare) {
      const smooth =
        labelSmoothing > 0 ? tf.add(tf.mul(targets, 1 - labelSmoothing), labelSmoothing / 2) : (targets as tf.Tensor);
      const softplus = tf.log(tf.add(tf.exp(tf.neg(tf.abs(logits))), 1)); // log(1 + e^−|z|)
      const loss = tf.add(tf.sub(tf.relu(logits), tf.mul(logits, smooth)), softplus);
      const weighted = positiveWeights ? tf.mul(loss, tf.add(tf.mul(smooth, tf.sub(positiveWeights, 1)), 1)) : loss;
      parts.push(tf.sum(tf.mul(weighted, tf.mul(own, sigmoidShare)), 1));
    }
    const losses = parts.reduce((sum, part) => tf.add(sum, part)); // [B]
    return tf.sum(tf.mul(losses, weights)) as tf.Scalar;
  });
}

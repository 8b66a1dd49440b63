import type * as tf from '@tensorflow/tfjs-core';
import type { TensorMap } from '@medlego/engine';
import { float32, type NamedTensors } from '@medlego/tensors';
import { jointColumns, jointLoss } from './joint/joint-loss.ts';
import { taskLoss } from './losses.ts';
import { isMultiLabel, type TaskShape } from './targets.ts';

const positiveWeightsName = 'train.positiveWeights';

/** What is minimised on top of the logits, and the frozen numbers that it needs. */
export interface HeadObjective {
  /** Columns of the head: the labels of all its tasks. */
  readonly columns: number;
  readonly constants: NamedTensors;
  /** Scalar loss of logits and targets, both [B, columns], with weights [B]. Pure. */
  loss(logits: tf.Tensor2D, targets: tf.Tensor2D, weights: tf.Tensor1D, constants: TensorMap): tf.Scalar;
}

export interface ObjectiveOptions {
  readonly labelSmoothing: number;
  /** [columns], factor on the loss of positive labels of multi-label tasks; none = 1. */
  readonly positiveWeights?: Float64Array | null;
}

/** The loss of one task as it is, or of several whose labels lie side by side in one head (see `jointLoss`). */
export function createObjective(
  tasks: readonly TaskShape[],
  { labelSmoothing, positiveWeights }: ObjectiveOptions,
): HeadObjective {
  const columns = tasks.reduce((sum, { labels }) => sum + labels.length, 0);
  const constants: NamedTensors =
    positiveWeights && tasks.some(isMultiLabel) ? { [positiveWeightsName]: float32([columns], positiveWeights) } : {};
  const [first] = tasks;
  if (tasks.length === 1)
    return {
      columns,
      constants,
      loss: (logits, targets, weights, fixed) =>
        taskLoss(
          logits,
          targets,
          weights,
          { kind: first!.kind, labelSmoothing },
          fixed[positiveWeightsName] as tf.Tensor1D | undefined,
        ),
    };
  const joint = jointColumns(tasks);
  return {
    columns,
    constants: { ...constants, ...joint.constants },
    loss: (logits, targets, weights, fixed) =>
      jointLoss(logits, targets, weights, { ...joint.read(fixed), labelSmoothing }, fixed[positiveWeightsName]),
  };
}

import * as tf from '@tensorflow/tfjs-core';
import { type TensorMap } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import { adaptedModules } from './adapter-tensors.ts';

export interface OrthogonalityOptions {
  /** `sum` over all matrices, as the paper writes it, or their `mean` (over A and B of every module), as AdaLoRA's code. */
  readonly reduction: 'sum' | 'mean';
}

/**
 * How far the factors are from orthonormal: Σ ‖BᵀB − I‖²_F + ‖AAᵀ − I‖²_F over all modules. The caller multiplies by its weight
 * and logs it apart from the task loss: at N(0, 0.02²) a rank-4 factor of width 768 starts at about 1.9.
 *
 * @param tensors an adapter's `lora_A [rank, in]` and `lora_B [out, rank]` as tfjs tensors; other entries are ignored
 * @returns scalar float32, owned by the caller, differentiable
 * @throws InvalidValueError if there are no factors
 * Source: the paper's eq. 4 (squared norms; AdaLoRA's code and PEFT leave the square root on).
 */
export function orthogonalityPenalty(tensors: TensorMap, { reduction }: OrthogonalityOptions): tf.Scalar {
  const modules = adaptedModules(tensors);
  if (modules.length === 0)
    throw new InvalidValueError({ field: 'adapter', expected: 'low-rank factors to penalise', actual: 'none' });
  return tf.tidy(() => {
    const as = modules.map((module) => tensors[`${module}.lora_A`] as tf.Tensor2D);
    const bs = modules.map((module) => tensors[`${module}.lora_B`] as tf.Tensor2D);
    const parts = [
      ...byShape(as).map((group) => gramError(group, false)),
      ...byShape(bs).map((group) => gramError(group, true)),
    ];
    const total = parts.reduce((sum, part) => tf.add(sum, part));
    return (reduction === 'mean' ? tf.div(total, as.length + bs.length) : total) as tf.Scalar;
  });
}

/** Matrices of one shape are stacked, so that the graph has a few large products instead of hundreds of small ones. */
function byShape(matrices: readonly tf.Tensor2D[]): tf.Tensor2D[][] {
  const groups = new Map<string, tf.Tensor2D[]>();
  for (const matrix of matrices) {
    const key = matrix.shape.join();
    groups.set(key, [...(groups.get(key) ?? []), matrix]);
  }
  return [...groups.values()];
}

/** Σ ‖G − I‖²_F with G = PᵀP for columns, PPᵀ for rows. */
function gramError(group: readonly tf.Tensor2D[], columns: boolean): tf.Tensor {
  const [rows, width] = group[0]!.shape;
  const stack = tf.reshape(group.length === 1 ? group[0]! : tf.concat([...group], 0), [group.length, rows, width]);
  const gram = tf.matMul(stack, stack, columns, !columns); // [M, rank, rank]
  return tf.sum(tf.square(tf.sub(gram, tf.eye(columns ? width : rows))));
}

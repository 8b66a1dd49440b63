import { writeTarget } from '@medlego/data';
import { InvalidValueError } from '@medlego/errors';
import { float32, type HostTensor } from '@medlego/tensors';
import type { TaskKind } from '@medlego/tasks';

/** Labels of some images as a data set holds them: `[count, labelWidth]`, a class index per row, or 0/1 per label of a multi-label task. */
export interface LabelRows {
  readonly count: number;
  readonly labels: Int32Array;
  readonly labelWidth: number;
}

/** What losses and metrics need to know of a task. */
export interface TaskShape {
  readonly kind: TaskKind;
  readonly labels: string[];
}

export const isMultiLabel = (task: Pick<TaskShape, 'kind'>): boolean => task.kind === 'multi-label, binary-class';

/** What the losses compare with: one-hot rows, or the 0/1 labels of a multi-label task. Returns [count, labels] float32. */
export function targetsOf(task: TaskShape, rows: LabelRows): HostTensor<'float32'> {
  const width = task.labels.length;
  const targets = new Float32Array(rows.count * width);
  for (let row = 0; row < rows.count; row++) writeTarget(task, rows, row, targets, row);
  return float32([rows.count, width], targets);
}

/**
 * `none`; `balanced`: every class (or each label's positives and negatives) counts the same in the loss; or a factor per label.
 */
export type ClassWeights = 'none' | 'balanced' | readonly number[];

/**
 * Factor per label: n / (L nᶜ) for single-label tasks, (n − nᶜ) / nᶜ on positives for multi-label. A class without images gets 1.
 * @returns [labels], or null where nothing is weighted
 * @throws InvalidValueError for a list of the wrong length or a factor that is not a positive number
 */
export function classFactors(task: TaskShape, rows: LabelRows, weights: ClassWeights): Float64Array | null {
  const width = task.labels.length;
  if (weights === 'none') return null;
  if (weights !== 'balanced') {
    if (weights.length !== width || !weights.every((w) => Number.isFinite(w) && w > 0))
      throw new InvalidValueError({
        field: 'classWeights',
        expected: `${width} numbers above 0`,
        actual: `[${weights}]`,
      });
    return Float64Array.from(weights);
  }
  const counts = new Float64Array(width);
  const targets = targetsOf(task, rows).data;
  for (let k = 0; k < targets.length; k++) counts[k % width]! += targets[k]!;
  return counts.map((positives) => {
    if (positives === 0) return 1;
    return isMultiLabel(task) ? Math.max(rows.count - positives, 1) / positives : rows.count / (width * positives);
  });
}

/**
 * What each row counts in a mean over `rows`: its class's factor (single-label), divided by the sum. Returns [count] float64 that sums to 1.
 * The factors of a multi-label task act per label inside the loss, so all its rows count the same.
 */
export function rowWeights(task: TaskShape, rows: LabelRows, factors: Float64Array | null): Float64Array {
  const weights = new Float64Array(rows.count).fill(1);
  if (factors && !isMultiLabel(task))
    for (let row = 0; row < rows.count; row++) weights[row] = factors[rows.labels[row]!]!;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

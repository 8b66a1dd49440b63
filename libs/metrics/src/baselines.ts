import { InvalidValueError } from '@medlego/errors';
import type { TaskKind } from '@medlego/tasks';
import { isMultiLabel, type ScoreMatrix } from './cases.ts';

/**
 * Scores of a model that has never seen an image: the class frequencies of the given labels for every case, which is
 * "always the majority class" (the first of equals) in ACC and 0.5 in AUC; all zeros for multi-label tasks.
 *
 * @param labels  class indices to count, of the training split; not read for multi-label
 * @param classes classes or labels of the task
 * @param n       cases to score
 * @returns [n, classes]
 * @throws InvalidValueError for labels out of range or none
 */
export function baselineScores(kind: TaskKind, labels: ArrayLike<number>, classes: number, n: number): ScoreMatrix {
  if (isMultiLabel(kind)) return { shape: [n, classes], data: new Float64Array(n * classes) };
  if (labels.length === 0)
    throw new InvalidValueError({ field: 'labels', expected: 'at least one label', actual: 'none' });
  const frequencies = new Float64Array(classes);
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index]!;
    if (!(label in frequencies))
      throw new InvalidValueError({
        field: `labels[${index}]`,
        expected: `an integer in [0, ${classes - 1}]`,
        actual: label,
      });
    frequencies[label]! += 1 / labels.length;
  }
  const data = new Float64Array(n * classes);
  for (let row = 0; row < n; row++) data.set(frequencies, row * classes);
  return { shape: [n, classes], data };
}

import { type Cases, isMultiLabel } from './cases.ts';

/** A label counts as predicted when its probability is strictly above this (MedMNIST). */
export const decisionThreshold = 0.5;

/**
 * What the scores say, by MedMNIST's rules: the first of the largest scores; for `binary-class` last column > 0.5; for
 * multi-label every score > 0.5.
 *
 * @returns [n] class indices, or [n, K] zeros and ones for multi-label
 */
export function decide({ kind, n, width, scores }: Cases): Int32Array {
  if (isMultiLabel(kind)) return Int32Array.from(scores, (score) => Number(score > decisionThreshold));
  const decisions = new Int32Array(n);
  for (let row = 0; row < n; row++)
    decisions[row] =
      kind === 'binary-class'
        ? Number(scores[(row + 1) * width - 1]! > decisionThreshold)
        : firstLargest(scores.subarray(row * width, (row + 1) * width));
  return decisions;
}

function firstLargest(row: Float64Array): number {
  let best = 0;
  for (let column = 1; column < row.length; column++) if (row[column]! > row[best]!) best = column;
  return best;
}

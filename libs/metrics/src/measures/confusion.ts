import type { Counts } from '../statistic.ts';

/** Decisions against truth, [classes, classes] row-major: row = true class, column = predicted class. */
export interface Confusion {
  readonly classes: number;
  readonly counts: Float64Array;
}

/** Counts (true, predicted) pairs, each as often as its case is in the sample. */
export function countConfusion(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
  counts?: Counts,
): Confusion {
  const cells = new Float64Array(classes * classes);
  for (let row = 0; row < truth.length; row++)
    cells[truth[row]! * classes + predicted[row]!]! += counts ? counts[row]! : 1;
  return { classes, counts: cells };
}

/** As nested rows, for JSON. */
export const confusionRows = ({ classes, counts }: Confusion): number[][] =>
  Array.from({ length: classes }, (_, row) => Array.from(counts.subarray(row * classes, (row + 1) * classes)));

/** Sums over columns: cases per true class. */
export const rowTotals = ({ classes, counts }: Confusion): Float64Array =>
  Float64Array.from({ length: classes }, (_, row) => sum(counts.subarray(row * classes, (row + 1) * classes)));

/** Sums over rows: cases per predicted class. */
export const columnTotals = ({ classes, counts }: Confusion): Float64Array => {
  const totals = new Float64Array(classes);
  for (let at = 0; at < counts.length; at++) totals[at % classes]! += counts[at]!;
  return totals;
};

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

import { type Cases, isMultiLabel } from './cases.ts';

/** One class or label as a binary problem: the score of each case and whether it is positive. */
export interface BinaryView {
  /** [n] */
  readonly scores: Float64Array;
  /** [n] zeros and ones */
  readonly positive: Uint8Array;
}

/**
 * The binary problems that MedMNIST averages over: every class against the rest, every label of a multi-label task,
 * and for `binary-class` the single problem of the last column.
 */
export function oneVersusRest(cases: Cases): BinaryView[] {
  if (cases.kind === 'binary-class') return [viewOf(cases, cases.width - 1, 1)];
  return Array.from({ length: cases.width }, (_, column) => viewOf(cases, column, column));
}

function viewOf({ kind, n, width, labels, scores }: Cases, column: number, label: number): BinaryView {
  const view = { scores: new Float64Array(n), positive: new Uint8Array(n) };
  for (let row = 0; row < n; row++) {
    view.scores[row] = scores[row * width + column]!;
    view.positive[row] = Number(isMultiLabel(kind) ? labels[row * width + column] === 1 : labels[row] === label);
  }
  return view;
}

/**
 * Classes that the cases do not let us rank: a class that never occurs, or a label of a multi-label task that is the
 * same in all cases. Ascending indices.
 */
export function missingClasses(cases: Cases): number[] {
  const { n, width, classes, labels, kind } = cases;
  const counts = new Uint32Array(classes);
  if (isMultiLabel(kind)) for (let at = 0; at < labels.length; at++) counts[at % width]! += labels[at]!;
  else for (const label of labels) counts[label]!++;
  return [...counts.keys()].filter((index) => counts[index] === 0 || (isMultiLabel(kind) && counts[index] === n));
}

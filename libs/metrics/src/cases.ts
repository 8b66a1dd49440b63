import { InvalidValueError, NonFiniteError, ScoreRangeError, ShapeMismatchError } from '@medlego/errors';
import { taskKinds, type TaskKind } from '@medlego/tasks';

/** Probabilities, row-major [n, K]; a `HostTensor` of two axes is one. */
export interface ScoreMatrix {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** What a model answered on the cases of one task, and what is true. */
export interface CasesInput {
  readonly kind: TaskKind;
  /** [n] class indices; for `multi-label, binary-class` [n, K] zeros and ones, row-major. */
  readonly labels: ArrayLike<number>;
  /** [n, K]. `binary-class` may have one column (the positive class) or two, of which the last counts. */
  readonly scores: ScoreMatrix;
}

/** Checked cases: `labels` and `scores` are our own copies. Made by `parseCases` only. */
export interface Cases {
  readonly kind: TaskKind;
  readonly n: number;
  /** Columns of `scores`. */
  readonly width: number;
  /** Classes, or labels of a multi-label task; 2 for `binary-class` whatever the width. */
  readonly classes: number;
  /** [n], or [n, K] for multi-label. */
  readonly labels: Int32Array;
  /** [n, width], clamped to [0, 1]. */
  readonly scores: Float64Array;
}

/** A float32 softmax may exceed 1 by a few units in the last place; such scores are clamped, larger ones refused. */
const roundingSlack = 1e-6;

export const isMultiLabel = (kind: TaskKind): boolean => kind === 'multi-label, binary-class';

/**
 * Checks kind, shapes, finiteness, ranges of scores and of labels.
 *
 * @throws InvalidValueError  unknown kind, no cases, too few columns, a label out of range
 * @throws ShapeMismatchError scores that are not [n, K], labels that do not fit them
 * @throws NonFiniteError     NaN or infinite scores
 * @throws ScoreRangeError    scores outside [0, 1]
 */
export function parseCases({ kind, labels, scores }: CasesInput): Cases {
  if (!taskKinds.includes(kind))
    throw new InvalidValueError({ field: 'kind', expected: `one of ${taskKinds.join(' | ')}`, actual: kind });
  const [n, width] = shapeOf(kind, scores);
  const labelShape = isMultiLabel(kind) ? [n, width] : [n];
  if (labels.length !== labelShape.reduce((product, dim) => product * dim, 1))
    throw new ShapeMismatchError({ param: 'labels', expected: labelShape, actual: [labels.length] });
  const classes = kind === 'binary-class' ? 2 : width;
  return {
    kind,
    n,
    width,
    classes,
    labels: copyLabels(labels, isMultiLabel(kind) ? 2 : classes),
    scores: copyScores(scores.data, width),
  };
}

function shapeOf(kind: TaskKind, scores: ScoreMatrix): [n: number, width: number] {
  if (scores.shape.length !== 2)
    throw new InvalidValueError({ field: 'scores.shape', expected: '[n, K]', actual: `[${scores.shape.join(', ')}]` });
  const [n, width] = scores.shape as [number, number];
  if (scores.data.length !== n * width)
    throw new ShapeMismatchError({ param: 'scores.data', expected: [n, width], actual: [scores.data.length] });
  if (n < 1) throw new InvalidValueError({ field: 'scores', expected: 'at least one case', actual: n });
  const [fewest, most] =
    kind === 'binary-class' ? [1, 2] : isMultiLabel(kind) ? [1, Number.MAX_SAFE_INTEGER] : [2, Number.MAX_SAFE_INTEGER];
  if (width < fewest || width > most)
    throw new InvalidValueError({
      field: 'scores.shape[1]',
      expected: kind === 'binary-class' ? '1 or 2 columns for binary-class' : `at least ${fewest} columns for ${kind}`,
      actual: width,
    });
  return [n, width];
}

function copyLabels(labels: ArrayLike<number>, classes: number): Int32Array {
  const copy = new Int32Array(labels.length);
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new InvalidValueError({
        field: `labels[${index}]`,
        expected: `an integer in [0, ${classes - 1}]`,
        actual: label,
      });
    copy[index] = label;
  }
  return copy;
}

function copyScores(scores: ArrayLike<number>, width: number): Float64Array {
  const copy = new Float64Array(scores.length);
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index]!;
    if (!Number.isFinite(score)) throw new NonFiniteError({ param: 'scores', index, value: String(score) });
    if (score < -roundingSlack || score > 1 + roundingSlack)
      throw new ScoreRangeError({ row: Math.floor(index / width), column: index % width, actual: score });
    copy[index] = Math.min(1, Math.max(0, score));
  }
  return copy;
}

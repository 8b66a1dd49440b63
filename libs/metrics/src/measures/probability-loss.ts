import { type Cases, isMultiLabel } from '../cases.ts';
import { oneVersusRest } from '../one-versus-rest.ts';

/** Smallest probability that a logarithm is taken of: scikit-learn's clip, the float64 epsilon. */
const smallest = Number.EPSILON;

/**
 * Negative log-likelihood (nats) of every case; for binary and multi-label problems -ln of p or 1 - p, averaged over
 * labels. Rows are used as they are, not divided by their sum.
 *
 * @returns [n]
 */
export function logLosses(cases: Cases): Float64Array {
  const { kind, n, width, labels, scores } = cases;
  if (isMultiLabel(kind) || kind === 'binary-class')
    return meanOverViews(cases, (score, positive) => -Math.log(clip(positive ? score : 1 - score)));
  return Float64Array.from({ length: n }, (_, row) => -Math.log(clip(scores[row * width + labels[row]!]!)));
}

/**
 * Squared error of every case: (p - y)^2 for binary problems, averaged over labels for multi-label ones, and Brier's
 * sum over classes (0 to 2) for the rest.
 *
 * Source: Brier 1950; the same convention as scikit-learn's `brier_score_loss`.
 * @returns [n]
 */
export function brierScores(cases: Cases): Float64Array {
  const squared = meanOverViews(cases, (score, positive) => (score - positive) ** 2);
  const isBinary = isMultiLabel(cases.kind) || cases.kind === 'binary-class';
  return isBinary ? squared : squared.map((value) => value * cases.classes);
}

function meanOverViews(cases: Cases, loss: (score: number, positive: number) => number): Float64Array {
  const views = oneVersusRest(cases);
  return Float64Array.from(
    { length: cases.n },
    (_, row) => views.reduce((sum, view) => sum + loss(view.scores[row]!, view.positive[row]!), 0) / views.length,
  );
}

const clip = (probability: number): number => Math.min(1 - smallest, Math.max(smallest, probability));

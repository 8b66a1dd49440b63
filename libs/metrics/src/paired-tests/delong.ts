import { InvalidValueError, ShapeMismatchError } from '@medlego/errors';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { assertLevel, defaultLevel, type Interval } from '../intervals/interval.ts';

export interface DelongResult {
  /** AUC of both scores and their standard errors. */
  readonly auc: readonly [a: number, b: number];
  readonly standardErrors: readonly [a: number, b: number];
  /** auc[0] - auc[1] and its normal interval, not cut at -1 and 1. */
  readonly difference: number;
  readonly interval: Interval;
  /** Null where the estimated variance of the difference is zero and the difference is not: the test cannot judge. */
  readonly z: number | null;
  readonly p: number | null;
}

/**
 * DeLong's test that two scores of the same cases have the same AUC, ties included; O(n log n).
 *
 * @param positive [n] zeros and ones
 * @param scoresA  [n] any finite scale
 * @param scoresB  [n]
 * @throws InvalidValueError  fewer than two positive or two negative cases: there is no variance to estimate
 * @throws ShapeMismatchError lists of different length
 * Source: DeLong, DeLong and Clarke-Pearson 1988; placements from midranks, Sun and Xu 2014
 */
export function delongTest(
  positive: ArrayLike<number>,
  scoresA: ArrayLike<number>,
  scoresB: ArrayLike<number>,
  level = defaultLevel,
): DelongResult {
  assertLevel(level);
  for (const [param, list] of Object.entries({ scoresA, scoresB }))
    if (list.length !== positive.length)
      throw new ShapeMismatchError({ param, expected: [positive.length], actual: [list.length] });
  const a = placements(positive, scoresA);
  const b = placements(positive, scoresB);
  const difference = a.auc - b.auc;
  const standardError = Math.sqrt(
    variance(a.ofPositives.map((value, at) => value - b.ofPositives[at]!)) / a.ofPositives.length +
      variance(a.ofNegatives.map((value, at) => value - b.ofNegatives[at]!)) / a.ofNegatives.length,
  );
  const half = normalQuantile((1 + level) / 2, 0, 1) * standardError;
  return {
    auc: [a.auc, b.auc],
    standardErrors: [a.standardError, b.standardError],
    difference,
    interval: [difference - half, difference + half],
    ...testOf(difference, standardError),
  };
}

function testOf(difference: number, standardError: number): Pick<DelongResult, 'z' | 'p'> {
  // Placements are sums of fractions: what should be zero may be a rounding error.
  if (standardError < 1e-12) return Math.abs(difference) < 1e-12 ? { z: 0, p: 1 } : { z: null, p: null };
  const z = difference / standardError;
  return { z, p: 2 * normalCdf(-Math.abs(z), 0, 1) };
}

interface Placements {
  readonly auc: number;
  readonly standardError: number;
  /** Share of negatives below each positive, and share of positives above each negative; ties count one half. */
  readonly ofPositives: Float64Array;
  readonly ofNegatives: Float64Array;
}

function placements(positive: ArrayLike<number>, scores: ArrayLike<number>): Placements {
  const indices = Array.from({ length: positive.length }, (_, index) => index);
  const positives = indices.filter((index) => positive[index] === 1);
  const negatives = indices.filter((index) => positive[index] !== 1);
  if (positives.length < 2 || negatives.length < 2)
    throw new InvalidValueError({
      field: 'positive',
      expected: 'at least two positive and two negative cases',
      actual: `${positives.length} positive and ${negatives.length} negative`,
    });
  const among = midranks(indices, scores);
  const amongPositives = midranks(positives, scores);
  const amongNegatives = midranks(negatives, scores);
  const ofPositives = Float64Array.from(
    positives,
    (index, at) => (among[index]! - amongPositives[at]!) / negatives.length,
  );
  const ofNegatives = Float64Array.from(
    negatives,
    (index, at) => 1 - (among[index]! - amongNegatives[at]!) / positives.length,
  );
  return {
    auc: mean(ofPositives),
    standardError: Math.sqrt(variance(ofPositives) / positives.length + variance(ofNegatives) / negatives.length),
    ofPositives,
    ofNegatives,
  };
}

/** Rank (from 1) of each listed case among the listed ones, equal scores sharing their mean rank. */
function midranks(indices: readonly number[], scores: ArrayLike<number>): Float64Array {
  const ascending = [...indices.keys()].sort((x, y) => scores[indices[x]!]! - scores[indices[y]!]!);
  const ranks = new Float64Array(indices.length);
  for (let start = 0, end = 0; start < ascending.length; start = end) {
    const score = scores[indices[ascending[start]!]!];
    while (end < ascending.length && scores[indices[ascending[end]!]!] === score) end++;
    for (let at = start; at < end; at++) ranks[ascending[at]!] = (start + 1 + end) / 2;
  }
  return ranks;
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Unbiased sample variance. */
function variance(values: Float64Array): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

import { percentileInterval, resampleCases, type ResampleOptions } from '../intervals/bootstrap.ts';
import { assertLevel, defaultLevel, type Interval } from '../intervals/interval.ts';
import type { Statistic } from '../statistic.ts';

export interface PairedBootstrapResult {
  /** a - b on the cases themselves; null where either is undefined. */
  readonly difference: number | null;
  readonly interval: Interval | null;
  /** Two-sided, at least 2 / (resamples + 1); null without resamples that define the difference. */
  readonly p: number | null;
  readonly undefinedResamples: number;
}

/**
 * Percentile bootstrap of the difference of two statistics over the same resampled cases, and the two-sided p-value
 * 2 min(share of differences <= 0, share >= 0), one added to every count so that no finite number of resamples says 0.
 *
 * Source: Efron and Tibshirani 1993, section 15.4 (inversion of the interval); the added one: Davison and Hinkley 1997,
 * Eq. 4.11
 */
export function pairedBootstrap(
  a: Statistic,
  b: Statistic,
  n: number,
  { level = defaultLevel, ...options }: ResampleOptions & { readonly level?: number },
): PairedBootstrapResult {
  assertLevel(level);
  const differences: number[] = [];
  for (const counts of resampleCases(n, options)) {
    const difference = subtract(a(counts), b(counts));
    if (difference !== null) differences.push(difference);
  }
  const notAbove = differences.filter((value) => value <= 0).length;
  const notBelow = differences.filter((value) => value >= 0).length;
  return {
    difference: subtract(a(), b()),
    interval: percentileInterval(differences, level),
    p:
      differences.length === 0
        ? null
        : Math.min(1, (2 * (Math.min(notAbove, notBelow) + 1)) / (differences.length + 1)),
    undefinedResamples: options.resamples - differences.length,
  };
}

const subtract = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b);

import { InvalidValueError } from '@medlego/errors';
import binomialCdf from '@stdlib/stats-base-dists-binomial-cdf';

/**
 * McNemar's exact test of two classifiers on the same cases: two-sided p-value that the cases which only one of them
 * gets right are split by a fair coin. 1 where there is no such case.
 *
 * @throws InvalidValueError for counts that are no integers of at least 0
 * Source: McNemar 1947, with the binomial distribution instead of the chi-squared one
 */
export function mcnemarTest(onlyARight: number, onlyBRight: number): number {
  for (const [field, value] of Object.entries({ onlyARight, onlyBRight }))
    if (!Number.isInteger(value) || value < 0)
      throw new InvalidValueError({ field, expected: 'an integer of at least 0', actual: value });
  const split = onlyARight + onlyBRight;
  if (split === 0) return 1;
  return Math.min(1, 2 * binomialCdf(Math.min(onlyARight, onlyBRight), split, 0.5));
}

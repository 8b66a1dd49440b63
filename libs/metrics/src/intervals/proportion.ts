import { InvalidValueError } from '@medlego/errors';
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { assertLevel, defaultLevel, type Interval } from './interval.ts';

/**
 * Wilson's score interval for a proportion, without continuity correction. Good coverage down to small n; the interval
 * of every accuracy here.
 *
 * @throws InvalidValueError for counts that are no integers with 0 <= successes <= trials, trials >= 1
 * Source: Wilson 1927
 */
export function wilsonInterval(successes: number, trials: number, level = defaultLevel): Interval {
  assertCounts(successes, trials);
  return wilsonIntervalOfShare(successes / trials, trials, level);
}

/**
 * Wilson's interval around a share of any value, for the mean accuracy of several models on the same cases: the cases are the
 * trials, however many models answered them.
 *
 * @throws InvalidValueError for a share outside [0, 1] or trials that are no integer of at least 1
 */
export function wilsonIntervalOfShare(share: number, trials: number, level = defaultLevel): Interval {
  assertCounts(0, trials);
  if (!(share >= 0 && share <= 1))
    throw new InvalidValueError({ field: 'share', expected: 'a number in [0, 1]', actual: share });
  assertLevel(level);
  const z = normalQuantile((1 + level) / 2, 0, 1);
  const spread = z ** 2 / trials;
  const centre = (share + spread / 2) / (1 + spread);
  const half = (z * Math.sqrt((share * (1 - share)) / trials + spread / trials / 4)) / (1 + spread);
  return [share === 0 ? 0 : centre - half, share === 1 ? 1 : centre + half];
}

/**
 * Exact interval of Clopper and Pearson: never covers less than `level`, wider than Wilson's.
 *
 * @throws InvalidValueError as `wilsonInterval`
 * Source: Clopper and Pearson 1934, through quantiles of the beta distribution
 */
export function clopperPearsonInterval(successes: number, trials: number, level = defaultLevel): Interval {
  assertCounts(successes, trials);
  assertLevel(level);
  const failures = trials - successes;
  const tail = (1 - level) / 2;
  return [
    successes === 0 ? 0 : betaQuantile(tail, successes, failures + 1),
    failures === 0 ? 1 : betaQuantile(1 - tail, successes + 1, failures),
  ];
}

function assertCounts(successes: number, trials: number): void {
  if (!Number.isInteger(trials) || trials < 1)
    throw new InvalidValueError({ field: 'trials', expected: 'an integer of at least 1', actual: trials });
  if (!Number.isInteger(successes) || successes < 0 || successes > trials)
    throw new InvalidValueError({ field: 'successes', expected: `an integer in [0, ${trials}]`, actual: successes });
}

import { InvalidValueError, ShapeMismatchError } from '@medlego/errors';
import { createRandomInt } from '../random.ts';
import type { Counts, Statistic } from '../statistic.ts';
import { assertLevel, defaultLevel, type Interval } from './interval.ts';

export interface ResampleOptions {
  /** Same seed, same resamples, on every machine. */
  readonly seed: number;
  /** How many; 0 for none. */
  readonly resamples: number;
  /** [n] stratum of every case. Given, each stratum keeps its size in every resample. */
  readonly strata?: ArrayLike<number>;
}

export interface BootstrapInterval {
  /** Percentiles of the statistic; null where no resample defines it. */
  readonly interval: Interval | null;
  /** Resamples in which the statistic was not defined (a class was not drawn); they are left out of `interval`. */
  readonly undefinedResamples: number;
}

/**
 * Draws `resamples` samples of n cases with replacement. The yielded array is reused: read it before the next one.
 *
 * @throws InvalidValueError for a seed or a number of resamples that is no integer of at least 0
 */
export function* resampleCases(n: number, { seed, resamples, strata }: ResampleOptions): Generator<Counts> {
  for (const [field, value] of Object.entries({ seed, resamples }))
    if (!Number.isInteger(value) || value < 0)
      throw new InvalidValueError({ field, expected: 'an integer of at least 0', actual: value });
  if (strata && strata.length !== n)
    throw new ShapeMismatchError({ param: 'strata', expected: [n], actual: [strata.length] });
  const groups = strata ? groupCases(strata) : undefined;
  const randomInt = createRandomInt(seed);
  const counts: Counts = new Uint16Array(n);
  for (let sample = 0; sample < resamples; sample++) {
    counts.fill(0);
    if (!groups) for (let draw = 0; draw < n; draw++) counts[randomInt(n)]! += 1;
    else
      for (const group of groups)
        for (let draw = 0; draw < group.length; draw++) counts[group[randomInt(group.length)]!]! += 1;
    yield counts;
  }
}

/**
 * Percentile bootstrap of several statistics over the same resamples of n cases.
 *
 * Source: Efron 1979; percentiles interpolate linearly between order statistics (numpy's default).
 */
export function bootstrapIntervals<Name extends string>(
  statistics: Readonly<Record<Name, Statistic>>,
  n: number,
  { level = defaultLevel, ...options }: ResampleOptions & { readonly level?: number },
): Record<Name, BootstrapInterval> {
  assertLevel(level);
  const names = Object.keys(statistics) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (const counts of resampleCases(n, options))
    for (const name of names) {
      const value = statistics[name](counts);
      if (value !== null) values[name].push(value);
    }
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        interval: percentileInterval(values[name], level),
        undefinedResamples: options.resamples - values[name].length,
      },
    ]),
  ) as Record<Name, BootstrapInterval>;
}

/** The central `level` of the values; null of none. */
export function percentileInterval(values: readonly number[], level = defaultLevel): Interval | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  return [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)];
}

function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (position % 1) * (above - below);
}

function groupCases(strata: ArrayLike<number>): number[][] {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < strata.length; row++) {
    const group = groups.get(strata[row]!);
    if (group) group.push(row);
    else groups.set(strata[row]!, [row]);
  }
  return [...groups.values()];
}

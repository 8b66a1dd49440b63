import { InvalidValueError } from '@medlego/errors';

/** What the threshold is compared with: the cumulative sum of σ as a share of the total, that of σ², or the sum itself. */
export const rankModes = ['share_of_sigma', 'share_of_energy', 'absolute'] as const;
export type RankMode = (typeof rankModes)[number];

export interface RankRule {
  /** v: keep the smallest k whose cumulative sum *exceeds* it. In (0, 1] for shares, positive for `absolute`. */
  readonly threshold: number;
  readonly mode?: RankMode;
  /** At most this many, whatever the threshold says. */
  readonly maxRank?: number;
  /** At least this many, as far as the numerical rank goes. */
  readonly minRank?: number;
}

/** Singular values up to this share of the first are rounding noise of float64 arithmetic on float32 factors. */
export const numericalRankTolerance = 1e-10;

/** Cumulative shares this close to the threshold count as equal to it, that is, as not exceeding it. */
export const shareTolerance = 1e-12;

/** Number of singular values (falling) above `numericalRankTolerance` of the first; 0 if all are zero. */
export function numericalRank(singularValues: ArrayLike<number>): number {
  const limit = numericalRankTolerance * (singularValues[0] ?? 0);
  let rank = 0;
  while (rank < singularValues.length && singularValues[rank]! > limit) rank++;
  return rank;
}

/** @throws InvalidValueError naming the field that is out of its range */
export function assertRankRule({ threshold, mode = 'share_of_sigma', maxRank, minRank }: RankRule): void {
  if (!rankModes.includes(mode))
    throw new InvalidValueError({ field: 'mode', expected: rankModes.join(', '), actual: mode });
  const absolute = mode === 'absolute';
  if (!(threshold > 0) || !Number.isFinite(threshold) || (!absolute && threshold > 1))
    throw new InvalidValueError({
      field: 'threshold',
      expected: absolute ? 'a positive number' : 'a share above 0 and at most 1',
      actual: threshold,
    });
  if (maxRank !== undefined && !(Number.isSafeInteger(maxRank) && maxRank >= 1))
    throw new InvalidValueError({ field: 'maxRank', expected: 'a whole number of at least 1', actual: maxRank });
  if (minRank !== undefined && !(Number.isSafeInteger(minRank) && minRank >= 0))
    throw new InvalidValueError({ field: 'minRank', expected: 'a whole number of at least 0', actual: minRank });
  if (maxRank !== undefined && minRank !== undefined && minRank > maxRank)
    throw new InvalidValueError({ field: 'minRank', expected: `at most maxRank (${maxRank})`, actual: minRank });
}

/**
 * The smallest k whose cumulative sum exceeds the threshold; never more than the numerical rank, so a threshold of 1 keeps
 * everything and a zero matrix gives 0. Where the sum meets the threshold to within `shareTolerance` of the total it does
 * not exceed it, and one more value is kept. Then minRank and maxRank apply.
 *
 * @param singularValues falling, non-negative, finite
 * @throws InvalidValueError naming the field that is out of its range
 * Source: Med-LEGO, merging by cumulative singular values; the strict comparison is the paper's "exceeds".
 */
export function chooseRank(singularValues: ArrayLike<number>, rule: RankRule): number {
  assertRankRule(rule);
  const { threshold, mode = 'share_of_sigma', maxRank = Infinity, minRank = 0 } = rule;
  const available = numericalRank(singularValues);
  if (available === 0) return 0;
  const scale = singularValues[0]!; // relative values: squares of tiny σ stay in range
  const term = (i: number) =>
    mode === 'share_of_energy' ? (singularValues[i]! / scale) ** 2 : singularValues[i]! / scale;
  let total = 0;
  for (let i = 0; i < singularValues.length; i++) total += term(i);
  const limit = (mode === 'absolute' ? threshold / scale / total : threshold) + shareTolerance;
  let k = available;
  for (let i = 0, sum = 0; i < available; i++) {
    sum += term(i);
    if (sum / total > limit) {
      k = i + 1;
      break;
    }
  }
  return Math.min(maxRank, available, Math.max(k, minRank));
}

import { percentileInterval, waldTest, type Interval } from '@medlego/metrics';

/** An estimate and its values on resamples. */
export interface Estimate {
  /** null: not defined. */
  readonly value: number | null;
  readonly interval: Interval | null;
}

/** Percentile interval of the defined values. */
export function estimate(value: number | null, resampled: ArrayLike<number>): Estimate {
  const defined = Array.from(resampled).filter(Number.isFinite);
  return {
    value: value === null || !Number.isFinite(value) ? null : value,
    interval: value === null || !Number.isFinite(value) ? null : percentileInterval(defined),
  };
}

/** Two-sided p that a difference is zero, by the standard deviation of its values on paired resamples; null where it cannot be judged. */
export function bootstrapP(difference: number, resampled: ArrayLike<number>): number | null {
  const defined = Array.from(resampled).filter(Number.isFinite);
  if (defined.length < 2 || !Number.isFinite(difference)) return null;
  const mean = defined.reduce((sum, value) => sum + value, 0) / defined.length;
  const variance = defined.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (defined.length - 1);
  return waldTest(difference, Math.sqrt(variance));
}

import { InvalidValueError } from '@medlego/errors';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';

/**
 * Two-sided p of a difference by its standard error (of a bootstrap, say): 2 Φ(−|difference| / standardError). Unlike a share of
 * resamples it goes on below 1 / resamples, which a correction over many tests needs. Without any spread: 1 for no difference, else null.
 *
 * @throws InvalidValueError for a standard error that is negative or not finite
 * Source: Efron and Tibshirani 1993, section 12.3 (normal theory with the bootstrap's standard error)
 */
export function waldTest(difference: number, standardError: number): number | null {
  if (!(standardError >= 0 && Number.isFinite(standardError)))
    throw new InvalidValueError({ field: 'standardError', expected: 'a finite number from 0', actual: standardError });
  if (standardError < 1e-12) return Math.abs(difference) < 1e-12 ? 1 : null;
  return 2 * normalCdf(-Math.abs(difference) / standardError, 0, 1);
}

import { InvalidValueError } from '@medlego/errors';

/**
 * Holm's step-down adjustment: rejecting where the adjusted value is at most alpha keeps the chance of any false
 * rejection among all tests at alpha.
 *
 * @returns adjusted p-values in the order of the input
 * @throws InvalidValueError for a p-value outside [0, 1]
 * Source: Holm 1979
 */
export function holmAdjust(pValues: readonly number[]): number[] {
  pValues.forEach((p, index) => {
    if (!(p >= 0 && p <= 1))
      throw new InvalidValueError({ field: `pValues[${index}]`, expected: 'a number in [0, 1]', actual: p });
  });
  const ascending = [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  ascending.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, pValues[index]! * (pValues.length - rank)));
    adjusted[index] = largest;
  });
  return adjusted;
}

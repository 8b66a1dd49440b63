import { InvalidValueError } from '@medlego/errors';

/** Lower and upper end of a confidence interval. */
export type Interval = readonly [lower: number, upper: number];

/** The level of every interval unless another one is asked for. */
export const defaultLevel = 0.95;

/** @throws InvalidValueError unless 0 < level < 1 */
export function assertLevel(level: number): void {
  if (!(level > 0 && level < 1))
    throw new InvalidValueError({ field: 'level', expected: 'a number between 0 and 1', actual: level });
}

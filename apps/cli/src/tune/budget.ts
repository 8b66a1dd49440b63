import { InvalidArgumentError } from 'commander';
import type { TuneBudget } from '@medlego/workflows';

const unitSeconds = { s: 1, m: 60, h: 3600 } as const;

/** With a time and no number of candidates, time alone decides: no search comes this far. */
const untilTheTime = 1000;

/** Reads `60` (candidates), `90s`, `5m`, `1h`, or both as in `60,5m`. */
export function parseBudget(text: string): TuneBudget {
  let candidates: number | undefined;
  let seconds: number | undefined;
  for (const part of text.split(',')) {
    const [, number, unit] = /^\s*(\d+(?:\.\d+)?)([smh]?)\s*$/.exec(part) ?? [];
    const value = Number(number);
    const known = unit ? seconds : candidates;
    if (!(value > 0) || known !== undefined || (!unit && !Number.isInteger(value)))
      throw new InvalidArgumentError(
        `Expected a number of candidates, a time, or both, as in 60, 90s, 5m or 60,5m; got "${text}".`,
      );
    if (unit) seconds = value * unitSeconds[unit as keyof typeof unitSeconds];
    else candidates = value;
  }
  if (seconds === undefined) return { candidates: candidates! };
  return { candidates: candidates ?? untilTheTime, seconds };
}

import { percent, signed } from '@medlego/report';

/** "83.4 (80.1 to 86.2)"; the interval is left out where there is none. */
export const withInterval = (
  value: number | null | undefined,
  interval: readonly [number, number] | null | undefined,
  show: (value: number | null | undefined) => string = percent,
): string => (interval ? `${show(value)} (${show(interval[0])} to ${show(interval[1])})` : show(value));

/** "+1.2 (−0.4 to 2.8)" in points. */
export const points = (value: number | null | undefined): string => signed(value, 1, 100);

/** Gain kept: "0.53", "−0.20". */
export const gain = (value: number | null | undefined): string => signed(value, 2, 1).replace('+', '');

/** "p < 0.001", "p = 0.032", "–". */
export const pText = (p: number | null | undefined): string =>
  p === null || p === undefined ? '–' : p < 0.001 ? '< 0.001' : p.toFixed(3);

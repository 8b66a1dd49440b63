import type { Interval } from '@medlego/metrics';

/** Stands where there is no number. */
export const dash = '–';
const minus = '−';

/** 0.8342 as "83.4". */
export const percent = (share: number | null | undefined, digits = 1): string => fixed(share, digits, 100);

/** 0.98342 as "0.983". */
export const three = (value: number | null | undefined): string => fixed(value, 3, 1);

/** Points with their sign, "+1.2" or "−0.4"; a rounded zero has none. */
export function signed(value: number | null | undefined, digits: number, scale: number): string {
  const text = fixed(value, digits, scale);
  if (text === dash || Number(text.replace(minus, '-')) === 0) return text.replace(minus, '');
  return text.startsWith(minus) ? text : `+${text}`;
}

/** "82.1–86.9", both ends by the same rule. */
export const range = (interval: Interval | null | undefined, show: (value: number) => string): string =>
  interval ? `${show(interval[0])} to ${show(interval[1])}` : '';

/** "p = 0.032", "p < 0.001". */
export const pValue = (p: number | null | undefined): string =>
  p === null || p === undefined ? '' : p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;

/** Enough of a digest to tell artifacts apart. */
export const shortDigest = (digest: string): string => digest.replace(/^(sha256:)?([0-9a-f]{12})[0-9a-f]+$/, '$2');

/** A magnitude in three digits, for singular values. */
export const magnitude = (value: number): string =>
  value !== 0 && (value < 0.001 || value >= 10_000) ? value.toExponential(1) : value.toPrecision(3);

function fixed(value: number | null | undefined, digits: number, scale: number): string {
  if (value === null || value === undefined) return dash;
  return (scale * value).toFixed(digits).replace('-', minus);
}

/** Mean of what is defined; null of nothing. */
export function meanOf(values: readonly (number | null | undefined)[]): number | null {
  const defined = values.filter((value): value is number => typeof value === 'number');
  return defined.length === 0 ? null : defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

/** 0.8123 → `81.2 %`; a dash where it is not defined. */
export const percent = (value: number | null | undefined, digits = 1): string =>
  value == null ? '–' : `${(100 * value).toFixed(digits)} %`;

/** `79.0 to 83.3 %`; empty without an interval. */
export const intervalText = (interval: readonly [number, number] | null | undefined): string =>
  interval ? `${(100 * interval[0]).toFixed(1)} to ${(100 * interval[1]).toFixed(1)} %` : '';

/** The first 12 hex digits of `sha256:...`. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);

/** `2026-11-24 18:35 UTC` */
export const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** 75 → `1 min 15 s`; hours drop the seconds. */
export function duration(seconds: number | null): string {
  if (seconds === null) return 'unknown';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Milliseconds with as many digits as say something. */
export const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

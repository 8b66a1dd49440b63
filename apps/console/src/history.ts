/** A curve that grows while somebody watches: times in seconds, ascending. */
export interface Curve {
  readonly times: readonly number[];
  readonly values: readonly number[];
}

export const emptyCurve: Curve = { times: [], values: [] };

/** The curve with one more point; repeats of the last time are ignored, and the oldest points beyond `limit` are dropped. */
export function withPoint(curve: Curve, time: number, value: number, limit = 600): Curve {
  const last = curve.times.at(-1);
  if (last !== undefined && time <= last) return curve;
  const from = Math.max(0, curve.times.length + 1 - limit);
  return { times: [...curve.times.slice(from), time], values: [...curve.values.slice(from), value] };
}

/** Requests per second between two looks at a counter; 0 after a restart of the server. */
export const rateBetween = (before: number, after: number, seconds: number): number =>
  seconds > 0 ? Math.max(0, (after - before) / seconds) : 0;

import { randomStream, shuffle, streams } from '@medlego/data';
import type { Dimension } from './search-space.ts';

/** Values by dimension. */
export type Point = Readonly<Record<string, number | string | boolean>>;

export interface SearchOptions<T> {
  readonly dimensions: readonly Dimension[];
  /** Where the search starts; the first point to be measured. */
  readonly start: Point;
  /** Measures a point. Called once per point. */
  readonly measure: (point: Point) => Promise<T>;
  /** Points that are not possible (two parameters that exclude each other) are passed over and cost nothing. */
  readonly isPossible?: (point: Point) => boolean;
  /** Whether `a` is better than `b`; a tie keeps the one that came first. */
  readonly isBetter: (a: T, b: T) => boolean;
  /** False as soon as nothing more may be measured. */
  readonly mayGoOn: (measured: number) => boolean;
  readonly seed: number;
}

const gridPoints = 5;
const goldenSteps = 3;
/** A round that brings nothing better is not the last one before the ranges have become this narrow. */
const leastWidth = 0.05;

/**
 * Coordinate search, for objectives that cost much, have steps instead of slopes (accuracy) and interact little: the parameters of a
 * merge. In turn every choice tries its other values and every number a grid of five over its range, then three golden-section
 * steps between the neighbours of the best; λ and other scales in logarithms. The next round looks again around the best, in a range
 * half as wide and in an order that the seed draws, until a round in narrow ranges brings nothing better or the budget is spent.
 * Deterministic: the same answers give the same path. No point is measured twice.
 *
 * Source: golden section: Kiefer 1953; in turn over coordinates: Friedman et al. 2007 for the name, the practice is older.
 *
 * @returns the best result, and the point that it belongs to
 */
export async function coordinateSearch<T>(options: SearchOptions<T>): Promise<{ point: Point; result: T }> {
  const { dimensions, start, measure, isBetter, mayGoOn, seed, isPossible = () => true } = options;
  const known = new Map<string, T>();
  const keyOf = (point: Point): string => JSON.stringify(Object.entries(point).sort(([a], [b]) => (a < b ? -1 : 1)));
  let best: { point: Point; result: T } = { point: start, result: await measure(start) };
  known.set(keyOf(start), best.result);

  const ask: Ask<T> = async (point) => {
    const key = keyOf(point);
    let result = known.get(key);
    if (result === undefined) {
      if (!isPossible(point)) return 'impossible';
      if (!mayGoOn(known.size)) return undefined;
      result = await measure(point);
      known.set(key, result);
    }
    if (isBetter(result, best.result)) best = { point, result };
    return result;
  };

  const order = [...dimensions];
  for (let round = 0, width = 1; dimensions.length > 0; round++, width /= 2) {
    const before = best;
    if (round > 0) shuffle(order, randomStream(seed, streams.shuffle, round, 0));
    for (const dimension of order) {
      const isDone =
        dimension.kind === 'choice'
          ? await tryChoices(dimension, best.point, ask)
          : await tryNumbers(dimension, best.point, width, ask, isBetter);
      if (!isDone) return best;
    }
    const hasNumbers = dimensions.some(({ kind }) => kind === 'number');
    if (best === before && (width <= leastWidth || !hasNumbers)) break;
    if (width <= leastWidth / 8) break; // finer than the values are written
  }
  return best;
}

/** Undefined when the budget is spent. */
type Ask<T> = (point: Point) => Promise<T | 'impossible' | undefined>;

async function tryChoices<T>(dimension: Dimension & { kind: 'choice' }, at: Point, ask: Ask<T>): Promise<boolean> {
  for (const value of dimension.values) if ((await ask({ ...at, [dimension.name]: value })) === undefined) return false;
  return true;
}

async function tryNumbers<T>(
  dimension: Dimension & { kind: 'number' },
  at: Point,
  width: number,
  ask: Ask<T>,
  isBetter: (a: T, b: T) => boolean,
): Promise<boolean> {
  const { name, low, high } = dimension;
  const [to, from] = dimension.scale === 'log' ? [Math.log, Math.exp] : [Number, Number];
  const round = (value: number): number =>
    dimension.isInteger ? Math.round(value) : Number(Math.min(high, Math.max(low, value)).toPrecision(4));
  const asked = new Map<number, T>();
  const tryValue = async (position: number): Promise<T | 'impossible' | undefined> => {
    const value = round(from(position));
    const result = await ask({ ...at, [name]: value });
    if (result !== undefined && result !== 'impossible') asked.set(value, result);
    return result;
  };

  const reach = ((to(high) - to(low)) * width) / 2;
  const middle =
    typeof at[name] === 'number' && (dimension.scale === 'linear' || at[name] > 0) ? to(at[name]) : undefined;
  const centre = width === 1 || middle === undefined ? (to(low) + to(high)) / 2 : middle;
  const [left, right] = [Math.max(to(low), centre - reach), Math.min(to(high), centre + reach)];
  const here = await ask(at);
  if (here !== undefined && here !== 'impossible' && typeof at[name] === 'number') asked.set(at[name], here);
  for (let i = 0; i < gridPoints; i++)
    if ((await tryValue(left + ((right - left) * i) / (gridPoints - 1))) === undefined) return false;

  if (asked.size === 0) return true;
  const sorted = [...asked].sort(([a], [b]) => a - b);
  const bestAt = sorted.reduce((top, [, result], i) => (isBetter(result, sorted[top]![1]) ? i : top), 0);
  let [a, b] = [to(sorted[Math.max(0, bestAt - 1)]![0]), to(sorted[Math.min(sorted.length - 1, bestAt + 1)]![0])];
  const ratio = (Math.sqrt(5) - 1) / 2;
  for (let step = 0; step < goldenSteps && b > a; step++) {
    const [x, y] = [b - ratio * (b - a), a + ratio * (b - a)];
    const atX = await tryValue(x);
    const atY = atX === undefined ? undefined : await tryValue(y);
    if (atX === undefined || atY === undefined) return false;
    if (atX === 'impossible' || (atY !== 'impossible' && isBetter(atY, atX))) a = x;
    else b = y;
  }
  return true;
}

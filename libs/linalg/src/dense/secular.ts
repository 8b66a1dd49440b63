import { invariant } from '@medlego/errors';

/** The singular values of e₀ zᵀ + diag(d), as roots of the secular equation. */
export interface SecularRoots {
  /** [n], rising; root i lies in (d[i], d[i + 1]), the last one above d[n − 1]. */
  readonly values: Float64Array;
  /** [n, n]: entry [i · n + j] is d[j]² − values[i]², exact to a few rounding errors however close the two are. */
  readonly gaps: Float64Array;
}

const epsilon = 2 ** -52;
const maxSteps = 100;

/**
 * Roots ω of 1 + Σ z[j]² / (d[j]² − ω²) = 0. Each is sought as a distance from the nearest pole, by rational interpolation
 * with the two neighbouring poles, and by bisection where that leaves the bracket.
 *
 * @param d [n], strictly rising, d[0] = 0
 * @param z [n], no entry zero
 * Source: Gu and Eisenstat, A divide-and-conquer algorithm for the bidiagonal SVD, SIAM J. Matrix Anal. Appl. 16 (1995);
 * Li, Solving secular equations stably and efficiently, LAPACK working note 89 (1993), the "middle way".
 */
export function secularRoots(d: Float64Array, z: Float64Array): SecularRoots {
  const n = d.length;
  const squares = z.map((value) => value * value);
  const values = new Float64Array(n);
  const gaps = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const { pole, distance } = findRoot(d, squares, i);
    values[i] = d[pole]! + distance;
    for (let j = 0; j < n; j++) gaps[i * n + j] = (d[j]! - d[pole]! - distance) * (d[j]! + d[pole]! + distance);
  }
  return { values, gaps };
}

function findRoot(d: Float64Array, squares: Float64Array, i: number): { pole: number; distance: number } {
  const n = d.length;
  if (n === 1) return { pole: 0, distance: Math.sqrt(squares[0]!) };
  const isLast = i === n - 1;
  const point = { below: 0, above: 0, belowSlope: 0, aboveSlope: 0, noise: 0 };
  let pole = i;
  let low = 0;
  let high: number;
  let distance: number;
  if (isLast) {
    let total = 0;
    for (const square of squares) total += square;
    high = (total / (d[i]! + Math.sqrt(d[i]! * d[i]! + total))) * (1 + 4 * epsilon);
    distance = Math.sqrt(d[i]! * d[i]! + squares[i]!) - d[i]!;
    if (!(distance > 0)) distance = squares[i]! / (2 * d[i]!);
  } else {
    high = (d[i + 1]! - d[i]!) / 2;
    evaluate(d, squares, i, i, high, point);
    const middle = 1 + point.below + point.above;
    if (middle < 0) {
      pole = i + 1;
      low = -high;
      high = 0;
    }
    distance = twoPoleGuess(d, squares, i, pole, pole === i ? high : low, middle);
  }
  if (!(distance > low && distance < high)) distance = (low + high) / 2;

  for (let step = 0; ; step++) {
    invariant(step < maxSteps, `the secular equation did not settle within ${maxSteps} steps`);
    evaluate(d, squares, i, pole, distance, point);
    const value = 1 + point.below + point.above;
    if (!(Math.abs(value) > epsilon * point.noise)) break;
    if (value < 0) low = distance;
    else high = distance;
    const next = distance + moveBy(d, i, pole, distance, value, point, isLast);
    const inside = next > low && next < high;
    const moved = inside ? next : (low + high) / 2;
    if (moved === distance || high - low <= 2 * epsilon * Math.max(Math.abs(low), Math.abs(high))) break;
    distance = moved;
  }
  return { pole, distance };
}

/** Sums over the poles up to i and above, their slopes in ω², and what rounding can do to the sums. */
function evaluate(
  d: Float64Array,
  squares: Float64Array,
  i: number,
  pole: number,
  distance: number,
  point: { below: number; above: number; belowSlope: number; aboveSlope: number; noise: number },
): void {
  const base = d[pole]!;
  const value = base + distance;
  let below = 0;
  let belowSlope = 0;
  let noise = 0;
  for (let j = 0; j <= i; j++) {
    const gap = (d[j]! - base - distance) * (d[j]! + value);
    const term = squares[j]! / gap;
    below += term;
    belowSlope += term / gap;
    noise -= below;
  }
  let above = 0;
  let aboveSlope = 0;
  for (let j = d.length - 1; j > i; j--) {
    const gap = (d[j]! - base - distance) * (d[j]! + value);
    const term = squares[j]! / gap;
    above += term;
    aboveSlope += term / gap;
    noise += above;
  }
  point.below = below;
  point.above = above;
  point.belowSlope = belowSlope;
  point.aboveSlope = aboveSlope;
  point.noise = noise + 8 * (above - below) + 2 + Math.abs(distance) * value * (belowSlope + aboveSlope);
}

/** Root of the equation with the two poles beside it, all others held at their value in the middle of the interval. */
function twoPoleGuess(
  d: Float64Array,
  squares: Float64Array,
  i: number,
  pole: number,
  half: number,
  middle: number,
): number {
  const width = (d[i + 1]! - d[i]!) * (d[i + 1]! + d[i]!);
  const at = d[pole]! + half;
  const x = squares[i]!;
  const y = squares[i + 1]!;
  const rest = middle - x / ((d[i]! - at) * (d[i]! + at)) - y / ((d[i + 1]! - at) * (d[i + 1]! + at));
  // rest · t² − a t + b = 0 for t = ω² − (pole)²
  const a = pole === i ? rest * width + x + y : x + y - rest * width;
  const b = pole === i ? x * width : -y * width;
  const root = Math.sqrt(Math.abs(a * a - 4 * b * rest));
  const t = a > 0 ? (2 * b) / (a + root) : (a - root) / (2 * rest);
  return squareStep(d[pole]!, t);
}

/** Change of ω that changes ω² by `t`. */
const squareStep = (from: number, t: number): number => t / (from + Math.sqrt(Math.max(0, from * from + t)));

function moveBy(
  d: Float64Array,
  i: number,
  pole: number,
  distance: number,
  value: number,
  point: { belowSlope: number; aboveSlope: number },
  isLast: boolean,
): number {
  const current = d[pole]! + distance;
  const left = (d[i]! - d[pole]! - distance) * (d[i]! + current);
  if (isLast) {
    // c + s / (left − t) = 0 with the value and slope at hand
    const c = value - left * point.belowSlope;
    return squareStep(current, left + (left * left * point.belowSlope) / c);
  }
  const right = (d[i + 1]! - d[pole]! - distance) * (d[i + 1]! + current);
  const c = value - left * point.belowSlope - right * point.aboveSlope;
  const a = (left + right) * value - left * right * (point.belowSlope + point.aboveSlope);
  const b = left * right * value;
  const root = Math.sqrt(Math.abs(a * a - 4 * b * c));
  let t = c === 0 ? b / a : a <= 0 ? (a - root) / (2 * c) : (2 * b) / (a + root);
  if (!(value * t < 0)) t = -value / (point.belowSlope + point.aboveSlope);
  return squareStep(current, t);
}

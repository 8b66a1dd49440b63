import { matrix, type Matrix } from '../matrix.ts';
import { multiplyStrided } from '../panels/multiply.ts';
import { type Piece, type PieceMode, type SvdRequest } from './bidiagonal-svd.ts';
import { deflate, type Slots } from './deflate.ts';
import { secularRoots, type SecularRoots } from './secular.ts';

/**
 * SVD of a piece from those of its halves and the row between them, which holds `alpha` in the upper half's last column and
 * `beta` in the lower half's first. In the halves' singular vectors the piece is e₀ zᵀ + diag(d), up to a column of zeros.
 * With `keep` (the whole matrix) values come out falling and vectors for the wanted ones alone.
 */
export function joinHalves(
  upper: Piece,
  alpha: number,
  beta: number,
  lower: Piece,
  mode: PieceMode,
  keep?: SvdRequest['keep'],
): Piece {
  const slots = openSlots(upper, alpha, beta, lower, mode);
  const active = deflate(slots);
  const { values: roots, gaps } = secularRoots(
    Float64Array.from(active, (slot) => slots.d[slot]!),
    Float64Array.from(active, (slot) => slots.z[slot]!),
  );
  const isActive = new Uint8Array(slots.d.length);
  for (const slot of active) isActive[slot] = 1;
  const settled = Array.from(slots.d.keys()).filter((slot) => !isActive[slot]);

  // Values: roots first, then those that needed no work.
  const values = new Float64Array(slots.d.length);
  values.set(roots);
  settled.forEach((slot, i) => (values[roots.length + i] = slots.d[slot]!));
  const order = Array.from(values.keys());
  if (keep) order.sort((i, j) => values[j]! - values[i]! || i - j);
  const sorted = Float64Array.from(order, (i) => values[i]!);
  const wanted = keep ? order.slice(0, Math.max(0, Math.min(order.length, keep(sorted)))) : order;

  const weights = secularWeights(slots, active, { values: roots, gaps });
  const { u, v } = slots;
  return {
    values: sorted,
    u: mode.left
      ? newVectors(u, slots, active, settled, wanted, leftCoordinates(slots, active, gaps, weights), 'u')
      : matrix(0, wanted.length),
    v: newVectors(v, slots, active, settled, wanted, rightCoordinates(active, gaps, weights), 'v'),
  };
}

/** Slot 0 is the middle row (left) and the mixture of the halves' null vectors (right), then the upper half's, then the lower's. */
function openSlots(upper: Piece, alpha: number, beta: number, lower: Piece, mode: PieceMode): Slots {
  const k1 = upper.values.length;
  const k2 = lower.values.length;
  const n = k1 + k2 + 1;
  const d = new Float64Array(n);
  d.set(upper.values, 1);
  d.set(lower.values, 1 + k1);

  const top = mode.right ? k1 + 1 : 1;
  const bottom = mode.right ? k2 + 1 : 1;
  const v = matrix(top + bottom, n + 1);
  const rows = v.rows;
  for (let j = 0; j < k1; j++)
    v.data.set(upper.v.data.subarray(j * upper.v.rows, j * upper.v.rows + top), (1 + j) * rows);
  const skipped = lower.v.rows - bottom; // where only two rows are kept, the last one is wanted from here
  for (let j = 0; j < k2; j++)
    v.data.set(lower.v.data.subarray(j * lower.v.rows + skipped, (j + 1) * lower.v.rows), (1 + k1 + j) * rows + top);

  const last = upper.v.rows - 1;
  const z = new Float64Array(n);
  for (let j = 0; j < k1; j++) z[1 + j] = alpha * upper.v.data[j * upper.v.rows + last]!;
  for (let j = 0; j < k2; j++) z[1 + k1 + j] = beta * lower.v.data[j * lower.v.rows]!;

  const x = alpha * upper.v.data[k1 * upper.v.rows + last]!;
  const y = beta * lower.v.data[k2 * lower.v.rows]!;
  const length = Math.hypot(x, y);
  const cos = length === 0 ? 1 : x / length;
  const sin = length === 0 ? 0 : y / length;
  z[0] = length;
  for (let i = 0; i < top; i++) {
    const value = upper.v.data[k1 * upper.v.rows + i]!;
    v.data[i] = cos * value;
    v.data[n * rows + i] = -sin * value;
  }
  for (let i = 0; i < bottom; i++) {
    const value = lower.v.data[k2 * lower.v.rows + skipped + i]!;
    v.data[top + i] = sin * value;
    v.data[n * rows + top + i] = cos * value;
  }

  const u = mode.left ? matrix(n, n) : matrix(0, n);
  if (mode.left) {
    u.data[k1] = 1;
    for (let j = 0; j < k1; j++) u.data.set(upper.u.data.subarray(j * k1, (j + 1) * k1), (1 + j) * n);
    for (let j = 0; j < k2; j++) u.data.set(lower.u.data.subarray(j * k2, (j + 1) * k2), (1 + k1 + j) * n + k1 + 1);
  }
  const halves = new Uint8Array(n);
  halves.fill(1, 1, 1 + k1).fill(2, 1 + k1);
  halves[0] = 3;
  return { d, z, u, v, halves, uTop: k1, vTop: top };
}

/**
 * The z of which the computed roots are the exact singular values: close to the given one, and it makes the vectors
 * orthogonal to rounding although each is computed on its own.
 */
function secularWeights(slots: Slots, active: readonly number[], { gaps }: SecularRoots): Float64Array {
  const n = active.length;
  const d = active.map((slot) => slots.d[slot]!);
  const products = new Float64Array(n);
  for (let j = 0; j < n; j++) products[j] = -gaps[(n - 1) * n + j]!;
  for (let i = 0; i < n - 1; i++) {
    for (let j = 0; j < n; j++) {
      const pole = j > i ? d[i]! : d[i + 1]!;
      products[j] = products[j]! * (-gaps[i * n + j]! / ((pole - d[j]!) * (pole + d[j]!)));
    }
  }
  return products.map((value, j) => Math.sign(slots.z[active[j]!]!) * Math.sqrt(Math.abs(value)));
}

/** Column i: the right vector of root i in the active slots, (z[j] / gap[j])_j to length 1. */
function rightCoordinates(active: readonly number[], gaps: Float64Array, weights: Float64Array): Matrix {
  const n = active.length;
  const result = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) result.data[i * n + j] = weights[j]! / gaps[i * n + j]!;
    normalise(result.data, i * n, n);
  }
  return result;
}

/** Column i: the left vector, (−1, d[j] z[j] / gap[j]) to length 1. */
function leftCoordinates(slots: Slots, active: readonly number[], gaps: Float64Array, weights: Float64Array): Matrix {
  const n = active.length;
  const result = matrix(n, n);
  const products = weights.map((weight, j) => weight * slots.d[active[j]!]!);
  for (let i = 0; i < n; i++) {
    result.data[i * n] = -1;
    for (let j = 1; j < n; j++) result.data[i * n + j] = products[j]! / gaps[i * n + j]!;
    normalise(result.data, i * n, n);
  }
  return result;
}

function normalise(data: Float64Array, at: number, length: number): void {
  let largest = 0;
  for (let i = at; i < at + length; i++) largest = Math.max(largest, Math.abs(data[i]!));
  let sum = 0;
  for (let i = at; i < at + length; i++) sum += (data[i]! / largest) ** 2;
  const factor = 1 / Math.sqrt(sum);
  for (let i = at; i < at + length; i++) data[i] = (data[i]! / largest) * factor;
}

/** The wanted vectors: of roots, the old ones times their coordinates, half by half; of settled slots, as they are. */
function newVectors(
  old: Matrix,
  slots: Slots,
  active: readonly number[],
  settled: readonly number[],
  wanted: readonly number[],
  coordinates: Matrix,
  side: 'u' | 'v',
): Matrix {
  const { rows } = old;
  const top = side === 'u' ? slots.uTop : slots.vTop;
  const bottom = side === 'u' ? top + 1 : top; // between them in u: the middle row
  const isRoot = (i: number) => i < active.length;
  const roots = wanted.filter(isRoot);

  // Upper half, both, lower half: each half of the rows then meets a run of columns without the other's zeros.
  const sequence = Array.from(active.keys()).sort((i, j) => place(i) - place(j) || i - j);
  function place(i: number): number {
    const half = slots.halves[active[i]!]!;
    return half === 1 ? 0 : half === 3 ? 1 : 2;
  }
  const n = active.length;
  const gathered = matrix(rows, n);
  const mixed = matrix(n, roots.length);
  sequence.forEach((i, position) => {
    gathered.data.set(old.data.subarray(active[i]! * rows, (active[i]! + 1) * rows), position * rows);
    for (let r = 0; r < roots.length; r++) mixed.data[r * n + position] = coordinates.data[roots[r]! * n + i]!;
  });
  const firstBoth = sequence.findIndex((i) => place(i) > 0);
  const firstLower = sequence.filter((i) => place(i) < 2).length;

  const product = matrix(rows, roots.length);
  const multiplyRows = (from: number, count: number, start: number, end: number) =>
    multiplyStrided(
      { m: count, n: roots.length, k: end - start },
      { data: gathered.data, at: start * rows + from, row: 1, col: rows },
      { data: mixed.data, at: start, row: 1, col: n },
      { data: product.data, at: from, col: rows },
    );
  multiplyRows(0, top, 0, firstLower);
  multiplyRows(bottom, rows - bottom, firstBoth, n);
  if (side === 'u')
    for (let r = 0; r < roots.length; r++) product.data[r * rows + top] = coordinates.data[roots[r]! * n]!;

  // The null vector stays the last column of v, unless the matrix is done.
  const total = slots.d.length;
  const hasNull = side === 'v' && wanted.length === total;
  const result = matrix(rows, wanted.length + (hasNull ? 1 : 0));
  let next = 0;
  wanted.forEach((i, to) => {
    const source = isRoot(i)
      ? product.data.subarray(next * rows, ++next * rows)
      : old.data.subarray(settled[i - n]! * rows, (settled[i - n]! + 1) * rows);
    result.data.set(source, to * rows);
  });
  if (hasNull) result.data.set(old.data.subarray(total * rows, (total + 1) * rows), wanted.length * rows);
  return result;
}

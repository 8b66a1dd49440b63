import { dot, reflect } from './kernels.ts';
import { identity, matrix, safeScale, type Matrix } from './matrix.ts';

/** A Householder QR factorisation, packed: see `factorHouseholder`. */
export interface HouseholderFactors {
  /** [m, n]: R in the upper triangle, the reflector of column j below its diagonal (its own first entry is in `heads`). */
  readonly packed: Matrix;
  readonly heads: Float64Array;
  /** 2 / ‖reflector‖² per step; 0 where nothing had to be reflected. */
  readonly betas: Float64Array;
  /** Steps made: min(m, n), or fewer when pivoting met a remainder of rounding size, or the limit. */
  readonly rank: number;
  /** Column j of R belongs to column pivots[j] of the input. */
  readonly pivots: Int32Array;
  /** R of the input is R of `packed` divided by this power of two, so squares of tiny or huge entries stay in range. */
  readonly scale: number;
}

/** Remaining columns whose norm is below this share of the first pivot, times the larger side, are rounding noise. */
const noise = 2 ** -52;

/**
 * x P = Q R by Householder reflections [m, n]: backward stable and Q orthonormal to rounding for every input,
 * dependent and zero columns included. That is why it is used here and not Gram–Schmidt, which needs a second pass and a
 * rule for vanishing columns.
 *
 * @param x        borrowed
 * @param pivoting take the longest remaining column first, and stop when all that remains is rounding noise
 * @param limit    stop after so many steps; `rank` below it means that nothing but noise remains
 * Source: Golub and Van Loan, Matrix Computations, sections 5.2.2 and 5.4.2.
 */
export function factorHouseholder(x: Matrix, pivoting = false, limit = Infinity): HouseholderFactors {
  const { rows: m, cols: n } = x;
  const scale = safeScale(x.data);
  const packed = matrix(m, n, scale === 1 ? x.data.slice() : x.data.map((value) => value * scale));
  const data = packed.data;
  const steps = Math.min(m, n);
  const heads = new Float64Array(steps);
  const betas = new Float64Array(steps);
  const pivots = Int32Array.from({ length: n }, (_, j) => j);
  const norms = pivoting ? remainingNorms(packed, 0) : new Float64Array(0);
  let largest = 0;
  let rank = 0;
  for (; rank < Math.min(steps, limit); rank++) {
    const k = rank;
    if (pivoting) {
      let best = longest(norms, k);
      // Downdated norms lose digits: refresh them all before trusting a small one.
      if (norms[best]! < 1e-6 * largest) {
        norms.set(remainingNorms(packed, k));
        best = longest(norms, k);
      }
      if (k === 0) largest = norms[best]!;
      if (Math.sqrt(norms[best]!) <= noise * Math.max(m, n) * Math.sqrt(largest)) break;
      if (best !== k) swapColumns(packed, norms, pivots, k, best);
    }
    reduceColumn(packed, k, heads, betas);
    const at = k * m + k;
    if (betas[k] !== 0) reflect(data, at, heads[k]!, betas[k]!, data, at + m, m, n - k - 1, m - k);
    if (pivoting)
      for (let j = k + 1; j < n; j++) norms[j] = Math.max(0, norms[j]! - data[j * m + k]! * data[j * m + k]!);
  }
  return { packed, heads, betas, rank, pivots, scale };
}

/** Makes the reflector that maps column k, from row k down, onto its first entry. */
function reduceColumn({ rows: m, data }: Matrix, k: number, heads: Float64Array, betas: Float64Array): void {
  const at = k * m + k;
  const tail = dot(data, at + 1, data, at + 1, m - k - 1);
  if (tail === 0) return; // triangular here already: beta stays 0
  const alpha = data[at]!;
  const norm = Math.sqrt(alpha * alpha + tail);
  const head = alpha > 0 ? alpha + norm : alpha - norm; // the sign that does not cancel
  heads[k] = head;
  betas[k] = 2 / (head * head + tail);
  data[at] = alpha > 0 ? -norm : norm;
}

function remainingNorms({ rows, cols, data }: Matrix, from: number): Float64Array {
  const norms = new Float64Array(cols);
  for (let j = from; j < cols; j++) norms[j] = dot(data, j * rows + from, data, j * rows + from, rows - from);
  return norms;
}

function longest(norms: Float64Array, from: number): number {
  let best = from;
  for (let j = from + 1; j < norms.length; j++) if (norms[j]! > norms[best]!) best = j;
  return best;
}

function swapColumns({ rows, data }: Matrix, norms: Float64Array, pivots: Int32Array, i: number, j: number): void {
  for (let t = 0; t < rows; t++) {
    const held = data[i * rows + t]!;
    data[i * rows + t] = data[j * rows + t]!;
    data[j * rows + t] = held;
  }
  [norms[i], norms[j]] = [norms[j]!, norms[i]!];
  [pivots[i], pivots[j]] = [pivots[j]!, pivots[i]!];
}

/** R [rank, n] of the pivoted input, upper triangular (trapezoidal). */
export function upperFactor({ packed, rank, scale }: HouseholderFactors): Matrix {
  const { rows: m, cols: n, data } = packed;
  const r = matrix(rank, n);
  for (let j = 0; j < n; j++)
    for (let i = 0; i <= Math.min(j, rank - 1); i++) r.data[j * rank + i] = data[j * m + i]! / scale;
  return r;
}

/** Q y [m, k] for y [p, k] with p ≤ m (rows below p count as zero), written over `result`. */
export function applyQ(
  { packed, heads, betas, rank }: HouseholderFactors,
  y: Matrix,
  result: Matrix = matrix(packed.rows, y.cols),
): Matrix {
  const m = packed.rows;
  result.data.fill(0);
  for (let j = 0; j < y.cols; j++) result.data.set(y.data.subarray(j * y.rows, (j + 1) * y.rows), j * m);
  for (let k = rank - 1; k >= 0; k--) {
    if (betas[k] === 0) continue;
    reflect(packed.data, k * m + k, heads[k]!, betas[k]!, result.data, k, m, y.cols, m - k);
  }
  return result;
}

/** Thin QR. */
export interface Qr {
  /** [m, p] with orthonormal columns, p = min(m, n). */
  readonly q: Matrix;
  /** [p, n], upper triangular, non-negative diagonal. */
  readonly r: Matrix;
}

/**
 * x = Q R with orthonormal Q [m, min(m, n)] and upper triangular R, whose diagonal is made non-negative so that the answer
 * is unique for independent columns. Dependent and zero columns are allowed (zeros on the diagonal of R).
 */
export function thinQr(x: Matrix): Qr {
  const factors = factorHouseholder(x);
  const r = upperFactor(factors);
  const p = factors.rank;
  const q = applyQ(factors, identity(p));
  for (let i = 0; i < p; i++) {
    if (r.data[i * p + i]! >= 0) continue;
    for (let j = i; j < x.cols; j++) r.data[j * p + i] = -r.data[j * p + i]!;
    for (let t = 0; t < x.rows; t++) q.data[i * x.rows + t] = -q.data[i * x.rows + t]!;
  }
  return { q, r };
}

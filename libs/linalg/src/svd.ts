import { NonFiniteError } from '@medlego/errors';
import { applyQ, factorHouseholder, upperFactor } from './householder.ts';
import { denseSvd } from './dense/dense-svd.ts';
import { diagonalise } from './jacobi.ts';
import { firstColumns, frobeniusNorm, matrix, transpose, type Matrix } from './matrix.ts';

/** Singular value decomposition x = U diag(s) Vᵀ, without the part that is zero to rounding. */
export interface Svd {
  /** [rows, p], orthonormal columns. */
  readonly u: Matrix;
  /** [p], positive, falling; empty for a zero matrix. p ≤ min(rows, cols). */
  readonly s: Float64Array;
  /** [cols, p], orthonormal columns (not transposed: row j of Vᵀ is column j). */
  readonly v: Matrix;
}

/** The first triplets of a decomposition, with all of its values. */
export interface TruncatedSvd extends Svd {
  /** [p], all of them: longer than u and v have columns. */
  readonly s: Float64Array;
}

/**
 * Singular value decomposition of a dense matrix.
 *
 * Up to 40 columns (or rows), or numerical rank 40: QR with column pivoting takes off what is rounding noise (so a matrix of rank r costs
 * O(rows · cols · r)), a second QR of Rᵀ leaves a nearly diagonal triangle, and one-sided Jacobi rotations finish it, to high
 * relative accuracy also in the small values. Above that bidiagonalisation with divide and conquer, whose values are exact
 * to rounding of the largest. Values below about 2e-16 · max(rows, cols) of the largest are left out. Signs are fixed by
 * `fixSigns`.
 *
 * @throws NonFiniteError for NaN or infinity
 * Source: Drmač and Veselić, New fast and accurate Jacobi SVD algorithm I, SIAM J. Matrix Anal. Appl. 29 (2008); `denseSvd`.
 */
export function svd(x: Matrix): Svd {
  return truncatedSvd(x, (s) => s.length);
}

/**
 * As `svd`, with the vectors of the first k values alone: for large matrices of full rank much of the work.
 *
 * @param choose k from the falling values, at most as many as there are
 * @returns u [rows, k], v [cols, k], and all values
 * @throws NonFiniteError for NaN or infinity
 */
export function truncatedSvd(x: Matrix, choose: (s: Float64Array) => number): TruncatedSvd {
  if (!Number.isFinite(frobeniusNorm(x.data))) {
    const index = x.data.findIndex((value) => !Number.isFinite(value));
    throw new NonFiniteError({ param: 'matrix', index, value: String(x.data[index]) });
  }
  if (x.rows < x.cols) {
    const { u, s, v } = tallSvd(transpose(x), choose);
    return fixSigns({ u: v, s, v: u });
  }
  return fixSigns(tallSvd(x, choose));
}

/** Jacobi rotations are the faster way, and the more exact one, up to so many columns. */
const jacobiLimit = 40;

function tallSvd(x: Matrix, choose: (s: Float64Array) => number): TruncatedSvd {
  // A matrix of low rank shows it within these steps; one of full rank has lost little time by then.
  const limit = Math.max(jacobiLimit, x.cols >> 3) + 1;
  const outer = factorHouseholder(x, true, limit); // x P = Q₁ R
  if (outer.rank === limit) return cut(denseSvd(x, { keep: (s) => choose(withoutNoise(s, x.rows)) }), x.rows);

  const rest = transpose(upperFactor(outer));
  const core = outer.rank > jacobiLimit ? wideCore(rest, choose) : jacobiCore(rest, choose);
  return { u: applyQ(outer, core.u), s: core.s, v: unpivot(core.v, outer.pivots) };
}

/** SVD of R for Rᵀ = `x`, by Jacobi rotations. */
function jacobiCore(x: Matrix, choose: (s: Float64Array) => number): TruncatedSvd {
  const inner = factorHouseholder(x); // Rᵀ = Q₂ R₂, so x P = Q₁ R₂ᵀ Q₂ᵀ
  const { u, s, v } = diagonalise(transpose(upperFactor(inner))); // R₂ᵀ = U diag(s) Vᵀ, [rank, rank]
  const k = choose(s);
  return { u: firstColumns(u, k), s, v: applyQ(inner, firstColumns(v, k)) };
}

function wideCore(x: Matrix, choose: (s: Float64Array) => number): TruncatedSvd {
  const { u, s, v } = cut(denseSvd(x, { keep: (values) => choose(withoutNoise(values, x.rows)) }), x.rows);
  return { u: v, s, v: u };
}

const cut = ({ u, s, v }: Svd, size: number): TruncatedSvd => ({ u, s: withoutNoise(s, size), v });

/** Falling values down to what rounding alone would leave. */
function withoutNoise(s: Float64Array, size: number): Float64Array {
  const smallest = (s[0] ?? 0) * size * 2 ** -52;
  let count = 0;
  while (count < s.length && s[count]! > smallest) count++;
  return s.subarray(0, count);
}

function unpivot(x: Matrix, pivots: Int32Array): Matrix {
  const result = matrix(x.rows, x.cols);
  for (let j = 0; j < x.cols; j++)
    for (let i = 0; i < x.rows; i++) result.data[j * x.rows + pivots[i]!] = x.data[j * x.rows + i]!;
  return result;
}

/**
 * Turns each pair of singular vectors so that the largest entry of u is positive. Entries within 1e-6 of the largest count
 * as equally large and the first of them decides, so that rounding does not. Writes into `u` and `v`.
 */
export function fixSigns<T extends { readonly u: Matrix; readonly v: Matrix }>(factors: T): T {
  const { u, v } = factors;
  for (let j = 0; j < u.cols; j++) {
    const column = u.data.subarray(j * u.rows, (j + 1) * u.rows);
    if (leadingSign(column) >= 0) continue;
    negate(column);
    negate(v.data.subarray(j * v.rows, (j + 1) * v.rows));
  }
  return factors;
}

function leadingSign(column: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < column.length; i++) {
    const size = Math.abs(column[i]!);
    if (size > largest) largest = size;
  }
  const limit = (1 - 1e-6) * largest;
  for (let i = 0; i < column.length; i++) if (Math.abs(column[i]!) >= limit) return column[i]!;
  return 0;
}

function negate(column: Float64Array): void {
  for (let i = 0; i < column.length; i++) column[i] = -column[i]!;
}

/** Frobenius norm of what a cut to the first k triplets leaves out (Eckart–Young). */
export const tailNorm = (s: Float64Array, k: number): number => frobeniusNorm(s.subarray(k));

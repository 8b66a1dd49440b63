import { NonFiniteError } from '@medlego/errors';
import { applyQ, factorHouseholder, upperFactor } from './householder.ts';
import { diagonalise } from './jacobi.ts';
import { frobeniusNorm, matrix, transpose, type Matrix } from './matrix.ts';

/** Singular value decomposition x = U diag(s) Vᵀ, without the part that is zero to rounding. */
export interface Svd {
  /** [rows, p], orthonormal columns. */
  readonly u: Matrix;
  /** [p], positive, falling; empty for a zero matrix. p ≤ min(rows, cols). */
  readonly s: Float64Array;
  /** [cols, p], orthonormal columns (not transposed: row j of Vᵀ is column j). */
  readonly v: Matrix;
}

/**
 * Singular value decomposition of a dense matrix.
 *
 * QR with column pivoting takes off what is rounding noise (so a matrix of rank r costs O(rows · cols · r)), a second QR of
 * Rᵀ leaves a nearly diagonal triangle, and one-sided Jacobi rotations finish it, to high relative accuracy also in the
 * small values. Values below about 2e-16 · max(rows, cols) of the largest are left out. Signs are fixed by `fixSigns`.
 *
 * @throws NonFiniteError for NaN or infinity
 * Source: Drmač and Veselić, New fast and accurate Jacobi SVD algorithm I, SIAM J. Matrix Anal. Appl. 29 (2008).
 */
export function svd(x: Matrix): Svd {
  if (!Number.isFinite(frobeniusNorm(x.data))) {
    const index = x.data.findIndex((value) => !Number.isFinite(value));
    throw new NonFiniteError({ param: 'matrix', index, value: String(x.data[index]) });
  }
  if (x.rows < x.cols) {
    const { u, s, v } = tallSvd(transpose(x));
    return fixSigns({ u: v, s, v: u });
  }
  return fixSigns(tallSvd(x));
}

function tallSvd(x: Matrix): Svd {
  const outer = factorHouseholder(x, true); // x P = Q₁ R
  const inner = factorHouseholder(transpose(upperFactor(outer))); // Rᵀ = Q₂ R₂, so x P = Q₁ R₂ᵀ Q₂ᵀ
  const core = diagonalise(transpose(upperFactor(inner))); // R₂ᵀ = U diag(s) Vᵀ, [rank, rank]
  return { u: applyQ(outer, core.u), s: core.s, v: unpivot(applyQ(inner, core.v), outer.pivots) };
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

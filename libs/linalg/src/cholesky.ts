import { InvalidValueError, NotPositiveDefiniteError, ShapeMismatchError } from '@medlego/errors';
import { axpy, dot } from './kernels.ts';
import { matrix, type Matrix } from './matrix.ts';

/**
 * Upper triangular R with x = Rᵀ R, positive diagonal [n, n].
 *
 * @param x symmetric positive definite; only its upper triangle is read
 * @throws ShapeMismatchError if x is not square, NotPositiveDefiniteError naming the first pivot that is not above rounding
 */
export function cholesky(x: Matrix): Matrix {
  const factor = tryCholesky(x);
  if (typeof factor === 'number') throw new NotPositiveDefiniteError({ size: x.rows, pivot: factor });
  return factor;
}

/** As `cholesky`, but answers the index of the failing pivot instead of throwing. */
export function tryCholesky(x: Matrix): Matrix | number {
  const n = x.rows;
  if (x.cols !== n) throw new ShapeMismatchError({ param: 'symmetric matrix', expected: [n, n], actual: [n, x.cols] });
  const r = matrix(n, n);
  const to = r.data;
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < j; i++) to[j * n + i] = (x.data[j * n + i]! - dot(to, i * n, to, j * n, i)) / to[i * n + i]!;
    const diagonal = x.data[j * n + j]!;
    const rest = diagonal - dot(to, j * n, to, j * n, j);
    if (!(rest > diagonal * n * 2 ** -52)) return j;
    to[j * n + j] = Math.sqrt(rest);
  }
  return r;
}

/** Inverse of an upper triangular matrix with a non-zero diagonal, upper triangular. */
export function invertUpper(r: Matrix): Matrix {
  const n = r.rows;
  const result = matrix(n, n);
  for (let j = 0; j < n; j++) {
    result.data[j * n + j] = 1;
    solveUpper(r, result.data, j * n, j + 1);
  }
  return result;
}

/** Solves R x = y in place for y of `size` entries at `at`, R upper triangular. */
function solveUpper(r: Matrix, y: Float64Array, at: number, size: number): void {
  for (let i = size - 1; i >= 0; i--) {
    const value = y[at + i]! / r.data[i * r.rows + i]!;
    y[at + i] = value;
    axpy(-value, r.data, i * r.rows, y, at, i);
  }
}

/** Solves Rᵀ x = y in place. */
function solveLower(r: Matrix, y: Float64Array, at: number, size: number): void {
  for (let i = 0; i < size; i++) y[at + i] = (y[at + i]! - dot(r.data, i * r.rows, y, at, i)) / r.data[i * r.rows + i]!;
}

/** x [n, k] with RᵀR x = y, for R from `cholesky` and y [n, k]; y is left alone. @throws ShapeMismatchError */
export function solveCholesky(r: Matrix, y: Matrix): Matrix {
  if (y.rows !== r.rows)
    throw new ShapeMismatchError({ param: 'right-hand side', expected: [r.rows, y.cols], actual: [y.rows, y.cols] });
  const result = matrix(y.rows, y.cols, y.data.slice());
  for (let j = 0; j < y.cols; j++) {
    solveLower(r, result.data, j * y.rows, y.rows);
    solveUpper(r, result.data, j * y.rows, y.rows);
  }
  return result;
}

/**
 * Solves (x + ridge · I) z = y for a symmetric positive (semi-)definite x: ridge regression, RegMean and other closed forms.
 *
 * @param x [n, n], only the upper triangle is read
 * @param y [n, k]
 * @param options.ridge non-negative, in the units of x's diagonal; must be positive when x is singular
 * @returns z [n, k], owned by the caller
 * @throws NotPositiveDefiniteError when the sum is not positive definite, InvalidValueError for a negative ridge,
 *         ShapeMismatchError
 */
export function solveSymmetric(x: Matrix, y: Matrix, { ridge = 0 }: { ridge?: number } = {}): Matrix {
  if (!(ridge >= 0) || !Number.isFinite(ridge))
    throw new InvalidValueError({ field: 'ridge', expected: 'a finite number of at least 0', actual: ridge });
  const shifted = ridge === 0 ? x : matrix(x.rows, x.cols, x.data.slice());
  if (ridge !== 0)
    for (let i = 0; i < x.rows; i++) shifted.data[i * x.rows + i] = shifted.data[i * x.rows + i]! + ridge;
  return solveCholesky(cholesky(shifted), y);
}

import { InvalidValueError, ShapeMismatchError } from '@medlego/errors';
import { crossProduct, dot, product } from './kernels.ts';

/** Dense float64 matrix, column after column: entry (i, j) is `data[j * rows + i]`. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/** A matrix over `data`, or of zeros. @throws ShapeMismatchError if `data` has another length than rows · cols */
export function matrix(rows: number, cols: number, data: Float64Array = new Float64Array(rows * cols)): Matrix {
  if (data.length !== rows * cols)
    throw new ShapeMismatchError({ param: 'matrix data', expected: [rows, cols], actual: [data.length] });
  return { rows, cols, data };
}

export function identity(size: number): Matrix {
  const result = matrix(size, size);
  for (let i = 0; i < size; i++) result.data[i * size + i] = 1;
  return result;
}

/** Reads a row-major array as a matrix (copies). */
export function fromRowMajor(rows: number, cols: number, data: ArrayLike<number>): Matrix {
  if (data.length !== rows * cols)
    throw new ShapeMismatchError({ param: 'matrix data', expected: [rows, cols], actual: [data.length] });
  const result = matrix(rows, cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) result.data[j * rows + i] = data[i * cols + j]!;
  return result;
}

/** The entries row after row, in a new array. */
export const toRowMajor = (x: Matrix): Float64Array => transpose(x).data;

/** xᵀ, a new matrix. */
export function transpose(x: Matrix): Matrix {
  const result = matrix(x.cols, x.rows);
  for (let j = 0; j < x.cols; j++)
    for (let i = 0; i < x.rows; i++) result.data[i * x.cols + j] = x.data[j * x.rows + i]!;
  return result;
}

/** x y [x.rows, y.cols]. @throws ShapeMismatchError if the inner sizes differ */
export function multiply(x: Matrix, y: Matrix): Matrix {
  if (x.cols !== y.rows)
    throw new ShapeMismatchError({
      param: 'right factor of a product',
      expected: [x.cols, y.cols],
      actual: [y.rows, y.cols],
    });
  const result = matrix(x.rows, y.cols);
  product(x.data, x.rows, x.cols, y.data, y.cols, result.data);
  return result;
}

/** xᵀ y [x.cols, y.cols]. @throws ShapeMismatchError if the numbers of rows differ */
export function multiplyTransposed(x: Matrix, y: Matrix): Matrix {
  if (x.rows !== y.rows)
    throw new ShapeMismatchError({
      param: 'right factor of a product',
      expected: [x.rows, y.cols],
      actual: [y.rows, y.cols],
    });
  const result = matrix(x.cols, y.cols);
  crossProduct(x.data, x.cols, y.data, y.cols, x.rows, result.data);
  return result;
}

/** Σ weights[i] · matrices[i], a new matrix. All must have one shape and there must be at least one. */
export function weightedSum(matrices: readonly Matrix[], weights: ArrayLike<number>): Matrix {
  const first = matrices[0];
  if (first === undefined || weights.length !== matrices.length)
    throw new InvalidValueError({
      field: 'weights',
      expected: `one weight for each of ${matrices.length} matrices, at least one`,
      actual: weights.length,
    });
  const result = matrix(first.rows, first.cols);
  matrices.forEach((x, index) => {
    if (x.rows !== first.rows || x.cols !== first.cols)
      throw new ShapeMismatchError({
        param: `matrix ${index}`,
        expected: [first.rows, first.cols],
        actual: [x.rows, x.cols],
      });
    const weight = weights[index]!;
    for (let i = 0; i < x.data.length; i++) result.data[i] = result.data[i]! + weight * x.data[i]!;
  });
  return result;
}

/** The first `count` columns, sharing memory with `x`. */
export const firstColumns = (x: Matrix, count: number): Matrix =>
  matrix(x.rows, count, x.data.subarray(0, x.rows * count));

/** Columns [start, end) of `x`, sharing memory with it. */
export const columns = (x: Matrix, start: number, end: number): Matrix =>
  matrix(x.rows, end - start, x.data.subarray(x.rows * start, x.rows * end));

/** Σ x_ij y_ij: the inner product of two equally large arrays. */
export const innerProduct = (x: Float64Array, y: Float64Array): number => dot(x, 0, y, 0, x.length);

/** The largest absolute entry, NaN left aside; 0 for an empty array. */
export function largestEntry(x: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const size = Math.abs(x[i]!);
    if (size > largest) largest = size;
  }
  return largest;
}

/** The power of two that brings the largest entry to about 1; multiplying by it is exact. 1 for zeros. */
export function unitScale(x: Float64Array): number {
  const largest = largestEntry(x);
  // 2^1023 is the largest power of two, so the reciprocal of the smallest numbers is cut off there.
  return largest === 0 ? 1 : 2 ** Math.min(1023, -Math.floor(Math.log2(largest)));
}

/** As `unitScale`, but 1 wherever squares of the entries are in range anyway. */
export function safeScale(x: Float64Array): number {
  const largest = largestEntry(x);
  return largest === 0 || (largest > 1e-120 && largest < 1e120) ? 1 : unitScale(x);
}

/** Square root of the sum of squares; tiny and huge entries neither under- nor overflow. NaN if an entry is not finite. */
export function frobeniusNorm(x: Float64Array): number {
  const plain = dot(x, 0, x, 0, x.length);
  if (plain > 1e-200 && plain < 1e200) return Math.sqrt(plain);
  const scale = unitScale(x);
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! * scale) ** 2;
  return Math.sqrt(sum) / scale;
}

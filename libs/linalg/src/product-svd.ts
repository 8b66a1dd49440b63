import { ShapeMismatchError } from '@medlego/errors';
import { columnBasis } from './column-basis.ts';
import { multiply, transpose, type Matrix } from './matrix.ts';
import { svd, type Svd } from './svd.ts';

/**
 * SVD of left · rightᵀ [m, n] without forming it: bases of both factors, SVD of the small product of their coordinates.
 * Exact to rounding. Costs O((m + n) · r²) for factors of r columns.
 *
 * @param left  [m, r], borrowed
 * @param right [n, r], borrowed
 * @throws ShapeMismatchError if the factors differ in their number of columns
 */
export function productSvd(left: Matrix, right: Matrix): Svd {
  if (left.cols !== right.cols)
    throw new ShapeMismatchError({
      param: 'right factor',
      expected: [right.rows, left.cols],
      actual: [right.rows, right.cols],
    });
  const rows = columnBasis(left);
  const cols = columnBasis(right);
  const { u, s, v } = svd(multiply(rows.coordinates, transpose(cols.coordinates)));
  return { u: rows.lift(u), s, v: cols.lift(v) };
}

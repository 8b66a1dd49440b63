import { NonFiniteError, ShapeMismatchError } from '@medlego/errors';
import { denseSvd } from './dense/dense-svd.ts';
import { frobeniusNorm, matrix, multiply, type Matrix } from './matrix.ts';
import { fixSigns } from './svd.ts';

/** Eigen-decomposition x = V diag(values) Vᵀ of a symmetric matrix. */
export interface SymmetricEigen {
  /** [n], falling. */
  readonly values: Float64Array;
  /** [n, n], orthonormal columns in the order of `values`; the largest entry of each is positive. */
  readonly vectors: Matrix;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix. Values are exact to about 1e-15 of the norm ‖x‖, so those of a
 * positive semi-definite matrix can come out as −1e-15 ‖x‖.
 *
 * x + c I with c above ‖x‖ is positive definite and well conditioned: its singular values less c are the eigenvalues, its right
 * vectors the eigenvectors. One decomposition thus serves both kinds of matrices.
 *
 * @param x [n, n], borrowed; only its upper triangle is read
 * @throws ShapeMismatchError if x is not square, NonFiniteError for NaN or infinity
 */
export function symmetricEigen(x: Matrix): SymmetricEigen {
  const n = x.rows;
  if (x.cols !== n) throw new ShapeMismatchError({ param: 'symmetric matrix', expected: [n, n], actual: [n, x.cols] });
  const whole = matrix(n, n);
  for (let j = 0; j < n; j++)
    for (let i = 0; i <= j; i++) {
      const value = x.data[j * n + i]!;
      if (!Number.isFinite(value))
        throw new NonFiniteError({ param: 'matrix', index: j * n + i, value: String(value) });
      whole.data[j * n + i] = value;
      whole.data[i * n + j] = value;
    }
  const shift = 1.5 * normBound(whole) || 1;
  for (let i = 0; i < n; i++) whole.data[i * n + i] = whole.data[i * n + i]! + shift;
  const { s, v } = denseSvd(whole, { left: false });
  fixSigns({ u: v, v: matrix(0, n) });
  return { values: s.map((value) => value - shift), vectors: v };
}

/** At least the largest |eigenvalue|, and close to it: ‖x‖ ≤ ‖x²‖_F^½ ≤ ‖x‖_F. */
function normBound(x: Matrix): number {
  const frobenius = frobeniusNorm(x.data);
  if (frobenius === 0) return 0;
  const unit = matrix(
    x.rows,
    x.cols,
    x.data.map((value) => value / frobenius),
  );
  return frobenius * Math.sqrt(frobeniusNorm(multiply(unit, unit).data));
}

import {
  cholesky,
  matrix,
  multiply,
  multiplyTransposed,
  solveCholesky,
  symmetricEigen,
  transpose,
  type Matrix,
} from '@medlego/linalg';
import { NotPositiveDefiniteError } from '@medlego/errors';

/** Eigenvalues below this share of the largest count as zero; a Cholesky pivot below it sends the solve to the eigenvectors. */
const singular = 1e-12;

/**
 * The update X that agrees with every task's update D_i as well as possible on that task's inputs, in closed form:
 * X minimises Σ_i w_i tr((X − T_i) G_i (X − T_i)ᵀ) + ridge ‖X‖², so X = (Σ w_i T_i G_i) (Σ w_i G_i + ridge I)⁻¹.
 *
 * The Gram matrices are what methods differ in: the identity gives the average, D_iᵀD_i / ‖D_i‖² gives WUDI, the second moment
 * of the task's inputs gives RegMean. Where the sum is singular the pseudo-inverse answers the smallest X of all minimisers.
 *
 * @param numerator Σ w_i T_i G_i [m, n], borrowed
 * @param gram      Σ w_i G_i [n, n], symmetric positive semi-definite, borrowed
 * @param ridge     non-negative, in the units of `gram`
 * @returns [m, n], owned by the caller
 * Source: Jin et al. 2023 (RegMean), arXiv 2212.09849, Eq. 2; the common form of the three is ours.
 */
export function gramAverage(numerator: Matrix, gram: Matrix, ridge = 0): Matrix {
  const shifted = withRidge(gram, ridge);
  const factor = tryFactor(shifted);
  if (factor) return transpose(solveCholesky(factor, transpose(numerator)));
  const { values, vectors } = symmetricEigen(shifted);
  const limit = singular * (values[0] ?? 0);
  const projected = multiply(numerator, vectors); // [m, n]
  for (let j = 0; j < values.length; j++) {
    const inverse = values[j]! > limit ? 1 / values[j]! : 0;
    for (let i = j * projected.rows; i < (j + 1) * projected.rows; i++)
      projected.data[i] = projected.data[i]! * inverse;
  }
  return multiply(projected, transpose(vectors));
}

/** Undefined where the matrix is singular or nearly so. */
function tryFactor(x: Matrix): Matrix | undefined {
  try {
    const factor = cholesky(x);
    let smallest = Infinity;
    let largest = 0;
    for (let j = 0; j < x.rows; j++) {
      const pivot = factor.data[j * x.rows + j]! ** 2;
      smallest = Math.min(smallest, pivot);
      largest = Math.max(largest, pivot);
    }
    return smallest > singular * largest ? factor : undefined;
  } catch (error) {
    if (error instanceof NotPositiveDefiniteError) return undefined;
    throw error;
  }
}

function withRidge(gram: Matrix, ridge: number): Matrix {
  if (ridge === 0) return gram;
  const shifted = matrix(gram.rows, gram.cols, gram.data.slice());
  for (let i = 0; i < gram.rows; i++) shifted.data[i * gram.rows + i] = shifted.data[i * gram.rows + i]! + ridge;
  return shifted;
}

/** D Dᵀ-side surrogate of the input Gram: DᵀD / ‖D‖², of trace 1. @param update [m, n], not zero */
export function surrogateGram(update: Matrix): Matrix {
  const gram = multiplyTransposed(update, update);
  const trace = traceOf(gram);
  return matrix(
    gram.rows,
    gram.cols,
    gram.data.map((value) => value / trace),
  );
}

/** Sum of the diagonal. */
export function traceOf(x: Matrix): number {
  let sum = 0;
  for (let i = 0; i < x.rows; i++) sum += x.data[i * x.rows + i]!;
  return sum;
}

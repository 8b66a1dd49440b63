import { cholesky, fromRowMajor, matrix, multiplyTransposed, solveCholesky, type Matrix } from '@medlego/linalg';
import type { LinearProblem } from './linear-objective.ts';

/** Weighted second moments of the features, Σ wᵢ xᵢ xᵢᵀ [dim, dim]. */
export function secondMoments({ features, weights, dim }: Pick<LinearProblem, 'features' | 'weights' | 'dim'>): Matrix {
  const rows = fromRowMajor(weights.length, dim, features);
  for (let j = 0; j < dim; j++)
    for (let i = 0; i < weights.length; i++) rows.data[j * weights.length + i]! *= Math.sqrt(weights[i]!);
  return multiplyTransposed(rows, rows);
}

/**
 * Steps v ↦ H⁻¹ v for the Hessian that the linear objective has where all probabilities are even, without the coupling of labels:
 * for each label's weights p(1 − p) Σ wᵢ xᵢ xᵢᵀ + l2 I, for its bias p(1 − p). Features of a network are strongly correlated; with this as
 * L-BFGS's first guess of the curvature a probe takes tens of iterations instead of hundreds.
 */
export function createPreconditioner(
  moments: Matrix,
  { kind, labels, l2 }: Pick<LinearProblem, 'kind' | 'labels' | 'l2'>,
): (v: Float64Array) => Float64Array {
  const dim = moments.rows;
  const even = kind === 'multi-label, binary-class' ? 0.5 : 1 / Math.max(2, labels);
  const curvature = even * (1 - even);
  const hessian = matrix(
    dim,
    dim,
    moments.data.map((value) => curvature * value),
  );
  // A constant feature has no curvature of its own; the small share keeps the factor defined without any l2.
  for (let j = 0; j < dim; j++) hessian.data[j * dim + j]! += l2 + 1e-9 * curvature;
  const factor = cholesky(hessian);
  return (v) => {
    const out = new Float64Array(v.length);
    // Weights row by row are a column-major matrix with one column per label.
    out.set(solveCholesky(factor, matrix(dim, labels, v.slice(0, dim * labels))).data);
    for (let c = 0; c < labels; c++) out[dim * labels + c] = v[dim * labels + c]! / curvature;
    return out;
  };
}

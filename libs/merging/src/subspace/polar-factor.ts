import { firstColumns, multiply, svd, transpose, type Matrix } from '@medlego/linalg';

/** Directions in which unit columns differ by less than this are one direction seen twice through float32 factors. */
const sharedTolerance = 1e-6;

/**
 * The matrix with orthonormal columns that is nearest to x in Frobenius norm (orthogonal Procrustes): U Vᵀ of x = U S Vᵀ.
 * Where the columns of x are dependent the answer is the partial isometry of the numerical rank: directions that x lacks are
 * left out and not invented, so repeated columns share one direction in equal parts.
 *
 * @param x [m, n] with columns of length about 1, borrowed
 * @returns [m, n], owned by the caller; zero for x = 0
 * Source: Schönemann 1966; Gargiulo et al. 2025 (TSV-M) decorrelate the tasks' singular vectors with it.
 */
export function polarFactor(x: Matrix): Matrix {
  const { u, s, v } = svd(x);
  let rank = s.length;
  while (rank > 0 && s[rank - 1]! <= sharedTolerance * s[0]!) rank--;
  return multiply(firstColumns(u, rank), transpose(firstColumns(v, rank)));
}

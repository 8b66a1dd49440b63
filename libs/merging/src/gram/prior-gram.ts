import { frobeniusNorm, identity, multiplyTransposed, weightedSum, type Matrix } from '@medlego/linalg';

/**
 * A guess, without data, at the second moment of a task's inputs to a module: G = I + focus · r · DᵀD / ‖D‖².
 *
 * An adapter learns from gradients that are sums of outer products with its task's inputs, so the rows of its update point to
 * where those inputs are strong; all the rest is taken as equally likely. r = ‖D‖⁴ / ‖DᵀD‖² is the effective number of rows
 * (participation ratio), so `focus` says how much more energy a task's inputs have along its own rows than along any others:
 * tr(D G Dᵀ) = (1 + focus) ‖D‖², whatever the spectrum of D. Changing the basis changes G with it.
 *
 * @param update [m, n], not zero, borrowed
 * @returns [n, n], owned by the caller
 */
export function priorGram(update: Matrix, focus: number): Matrix {
  const own = multiplyTransposed(update, update);
  const squared = frobeniusNorm(own.data) ** 2;
  const norm = frobeniusNorm(update.data) ** 2;
  // focus · (‖D‖⁴ / ‖DᵀD‖²) · DᵀD / ‖D‖²
  return weightedSum([identity(update.cols), own], [1, (focus * norm) / squared]);
}

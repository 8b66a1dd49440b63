import { frobeniusNorm, innerProduct, weightedSum, type Matrix } from '@medlego/linalg';
import { z } from 'zod';
import { defineMergeMethod } from '../merge-method.ts';
import { cutParams, meanParams, meanWeights, scaleParams } from '../merge-params.ts';

/**
 * Model Stock: the mean of the updates, shrunk per module by how little they agree, t = N c / (1 + (N − 1) c), with c the
 * mean cosine between two members (mergekit's reading of the paper's single angle).
 *
 * t is 1 for equal members and 0 for orthogonal ones, whose mean the paper takes for noise: specialists of different tasks are
 * nearly orthogonal, so this answers little of them. Negative c (members that cancel) counts as 0. A zero update has no angle
 * and is left out of c and N; a single member has none to compare with and keeps t = 1. Weights turn directions round if
 * negative and enter the mean.
 */
export const modelStock = defineMergeMethod({
  id: 'model_stock',
  title: 'Model Stock: the mean shrunk by the angle between the updates',
  source: 'Jang et al. 2024, arXiv 2403.19522, Eq. 5; mean of pairwise cosines as in mergekit',
  spaces: ['core', 'full'],
  laws: { single: {}, duplicates: {}, cancels: {}, signedWeights: {}, basisFree: {}, mayVanish: {} },
  params: z.strictObject({ ...scaleParams, ...meanParams, ...cutParams(1) }),
  merge(deltas, weights, { normalize }) {
    const ratio = stockRatio(deltas, weights);
    return weightedSum(
      deltas,
      meanWeights(weights, normalize).map((weight) => ratio * weight),
    );
  },
});

/** t, between 0 and 1. */
export function stockRatio(deltas: readonly Matrix[], weights: readonly number[]): number {
  const directions = deltas.flatMap(({ data }, member) => {
    const norm = frobeniusNorm(data);
    return norm > 0 && weights[member] !== 0 ? [{ data, norm, sign: Math.sign(weights[member]!) }] : [];
  });
  const count = directions.length;
  if (count < 2) return 1;
  let sum = 0;
  directions.forEach((x, i) => {
    for (const y of directions.slice(0, i)) sum += (x.sign * y.sign * innerProduct(x.data, y.data)) / x.norm / y.norm;
  });
  const cosine = Math.min(1, Math.max(0, sum / ((count * (count - 1)) / 2)));
  return (count * cosine) / (1 + (count - 1) * cosine);
}

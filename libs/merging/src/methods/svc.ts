import { frobeniusNorm, innerProduct, multiplyTransposed, svd, weightedSum } from '@medlego/linalg';
import { z } from 'zod';
import { defineMergeMethod } from '../merge-method.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { leadingTriplets, tripletSum } from '../subspace/join-triplets.ts';
import { noUpdate, weightedUpdates } from '../subspace/weighted-updates.ts';
import { ties } from './ties.ts';

/** A response below this share of a task's norm is rounding: the task has nothing to say in that direction. */
const silent = 1e-10;

/**
 * Singular value calibration: SVD of a base merge M; along each left singular vector u_r the response of the merge is
 * compared with that of each task, s_r^i = ⟨u_rᵀM, u_rᵀD_i⟩ / ‖u_rᵀD_i‖², and σ_r is multiplied by
 * γ_r = N_r / Σ_i max(α, s_r^i), so that directions which several tasks share are not counted several times and directions
 * which averaging thinned are restored. γ_r is at most 1 / α.
 *
 * u_r is that of the merge, as in the paper's Eq. 4 (the FusionBench code projects each task on its own singular vectors and
 * pairs them by rank). N_r counts the tasks with a response along u_r; the paper's N would count zero updates too. The mean is that of the members that
 * have an update here and a weight. The target
 * of a task of weight w is w D_i.
 */
export const svc = defineMergeMethod({
  id: 'svc',
  title: 'SVC: singular values of the mean calibrated on the responses of the tasks',
  source: 'arXiv 2602.05536, Eq. 4 and 8, Algorithm 1; α 0.1 as in FusionBench',
  spaces: ['core', 'full'],
  matricesOnly: true,
  laws: { single: {}, duplicates: {}, cancels: {}, signedWeights: {}, ignoresZero: {}, weightless: {}, basisFree: {} },
  params: z.strictObject({
    ...scaleParams,
    ...cutParams(1),
    alpha: z
      .number()
      .positive()
      .default(0.1)
      .describe('Least response that is assumed; its inverse is the largest factor on a singular value'),
    base: z
      .enum(['mean', 'sum', 'ties'])
      .default('mean')
      .describe('The merge that is calibrated; ties with its own defaults'),
  }),
  survey: (modules, weights, { base }) => (base === 'ties' ? ties.configure({}).begin(weights, modules) : undefined),
  merge(deltas, weights, { alpha, base }, { survey: mergeBase, ...context }) {
    const updates = weightedUpdates(deltas, weights);
    if (updates.length === 0) return noUpdate(deltas);
    const share = base === 'mean' ? 1 / updates.length : 1;
    const merged =
      mergeBase?.({ ...context, deltas }) ??
      weightedSum(
        updates,
        updates.map(() => share),
      );
    const { u, s, v } = leadingTriplets(svd(merged), Infinity);
    const responses = updates.map((update) => multiplyTransposed(update, u)); // column r: D_iᵀ u_r
    const limits = updates.map((update) => silent * frobeniusNorm(update.data));
    const calibrated = s.map((sigma, r) => {
      const at = r * v.rows;
      const direction = v.data.subarray(at, at + v.rows); // u_rᵀ M = σ_r v_rᵀ
      let sum = 0;
      let tasks = 0;
      responses.forEach(({ data }, i) => {
        const response = data.subarray(at, at + v.rows);
        const norm = frobeniusNorm(response);
        if (norm <= limits[i]!) return;
        sum += Math.max(alpha, (sigma * innerProduct(direction, response)) / norm ** 2);
        tasks++;
      });
      return tasks === 0 ? sigma : (sigma * tasks) / sum;
    });
    return tripletSum({ u, s: calibrated, v });
  },
});

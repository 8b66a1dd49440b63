import { matrix, weightedSum, type Matrix } from '@medlego/linalg';
import { z } from 'zod';
import { defineMergeMethod } from '../merge-method.ts';
import { scaleParams } from '../merge-params.ts';
import { weightedUpdates } from '../subspace/weighted-updates.ts';

/**
 * EMR-Merging: elect one vector, then per task a mask and a scale.
 *
 * Elected: per entry the sign of the sum of the updates and the largest magnitude among those that agree with it. Task t gets
 * the elected entries that agree with its own sign, times Σ|τ_t| / Σ|mask_t ⊙ elected| over all modules. The task has to be
 * known at inference, and each costs one bit per dense weight: an upper row beside methods that make one model, not one of
 * them. The elected vector alone is the merged update.
 *
 * A weight multiplies the member's update before the election; a member of weight 0 is left out and its task gets nothing.
 */
export const emr = defineMergeMethod({
  id: 'emr',
  title: 'EMR: one elected vector, a mask and a scale per task (needs the task at inference)',
  source: 'Huang et al. 2024, arXiv 2405.17461, Eq. 4 to 7; no parameters',
  spaces: ['full'],
  laws: { single: {}, duplicates: {}, cancels: {}, signedWeights: {}, ignoresZero: {}, weightless: {} },
  params: z.strictObject(scaleParams),
  survey(modules, weights) {
    const own = weights.map(() => 0);
    const masked = weights.map(() => 0);
    for (const { deltas } of modules) {
      const elected = elect(deltas, weights);
      deltas.forEach((delta, i) => {
        const update = scaled(delta, weights[i]!);
        own[i] = own[i]! + absoluteSum(update);
        masked[i] = masked[i]! + absoluteSum(mask(elected, update));
      });
    }
    return own.map((sum, i) => (masked[i]! > 0 ? sum / masked[i]! : 0));
  },
  merge: (deltas, weights) => elect(deltas, weights),
  mergeTasks(deltas, weights, _params, { survey: scales }) {
    const elected = elect(deltas, weights);
    return deltas.map((delta, i) => scaled(mask(elected, scaled(delta, weights[i]!)), scales[i]!));
  },
});

/** Per entry the largest magnitude among the updates that agree with the sign of the sum; zero where the sum is. */
function elect(deltas: readonly Matrix[], weights: readonly number[]): Matrix {
  const sum = weightedSum(deltas, weights);
  const elected = matrix(sum.rows, sum.cols);
  for (const { data } of weightedUpdates(deltas, weights))
    for (let i = 0; i < data.length; i++) {
      const value = data[i]!;
      if (value * sum.data[i]! > 0 && Math.abs(value) > Math.abs(elected.data[i]!)) elected.data[i] = value;
    }
  return elected;
}

/** The elected entries whose sign is that of the update. */
const mask = (elected: Matrix, update: Matrix): Matrix =>
  matrix(
    elected.rows,
    elected.cols,
    elected.data.map((value, i) => (value * update.data[i]! > 0 ? value : 0)),
  );

const scaled = ({ rows, cols, data }: Matrix, factor: number): Matrix =>
  matrix(
    rows,
    cols,
    data.map((value) => factor * value),
  );

function absoluteSum({ data }: Matrix): number {
  let sum = 0;
  for (const value of data) sum += Math.abs(value);
  return sum;
}

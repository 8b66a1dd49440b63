import { multiply, multiplyTransposed, numericalRank, svd, weightedSum, type Matrix } from '@medlego/linalg';
import { z } from 'zod';
import { defineMergeMethod } from '../merge-method.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { meanOver } from '../subspace/flatten-spectrum.ts';
import { joinTriplets, leadingTriplets, tripletSum } from '../subspace/join-triplets.ts';
import { polarFactor } from '../subspace/polar-factor.ts';
import { noUpdate, weightedUpdates } from '../subspace/weighted-updates.ts';

/**
 * Iso-CTS: the leading directions of the sum (the common space) and, in the place of its weakest ones, the leading directions
 * of what each task has outside of the common space. All are made orthogonal and given one singular value, their mean.
 *
 * The size m that is divided between the two is min(out, in) as published (space `full`) and the numerical rank of the sum
 * in space `core`. Every task gets the same number of directions: round((m − floor(m · fraction)) / N), at most m / N.
 */
export const isoCts = defineMergeMethod({
  id: 'iso_cts',
  title: 'Iso-CTS: common and task-specific directions with a flat spectrum',
  source: 'Marczak et al. 2025, arXiv 2502.04959, Algorithm 1; scale 1 (the source searches 0 to 3)',
  spaces: ['core', 'full'],
  matricesOnly: true,
  laws: { signedWeights: {}, ignoresZero: {}, weightless: {} },
  params: z.strictObject({
    ...scaleParams,
    ...cutParams(1),
    commonFraction: z
      .number()
      .min(0)
      .max(1)
      .default(0.8)
      .describe('Share of the directions that comes from the sum of the updates; the rest is divided among the tasks'),
  }),
  merge(deltas, weights, { commonFraction }, { space }) {
    const updates = weightedUpdates(deltas, weights);
    if (updates.length === 0) return noUpdate(deltas);
    const sum = weightedSum(
      updates,
      updates.map(() => 1),
    );
    const whole = svd(sum);
    const rank = numericalRank(whole.s);
    const size = space === 'core' ? rank : Math.min(sum.rows, sum.cols);
    const perTask = taskShare(size, commonFraction, updates.length);
    const common = leadingTriplets(whole, Math.min(rank, size - perTask * updates.length));
    const specific = updates.map((update) => leadingTriplets(svd(outside(update, common.u)), perTask));
    const { u, s, v } = joinTriplets([...specific, common]);
    const mean = meanOver(s, space === 'core' ? s.length : size);
    return tripletSum({ u: polarFactor(u), s: s.map(() => mean), v: polarFactor(v) });
  },
});

function taskShare(size: number, commonFraction: number, tasks: number): number {
  const left = size - Math.floor(size * commonFraction);
  return Math.min(Math.round(left / tasks), Math.floor(size / tasks));
}

/** x − U Uᵀ x: what x has outside of the columns of U. */
function outside(x: Matrix, u: Matrix): Matrix {
  const inside = multiply(u, multiplyTransposed(u, x));
  return weightedSum([x, inside], [1, -1]);
}

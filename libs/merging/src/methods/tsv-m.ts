import { svd } from '@medlego/linalg';
import { z } from 'zod';
import { defineMergeMethod } from '../merge-method.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { joinTriplets, leadingTriplets, tripletSum } from '../subspace/join-triplets.ts';
import { polarFactor } from '../subspace/polar-factor.ts';
import { noUpdate, weightedUpdates } from '../subspace/weighted-updates.ts';

/**
 * TSV-M: each task's leading singular triplets side by side, U = [U_1 … U_N] and V likewise replaced by their nearest
 * orthonormal matrices, and recombined, so that directions which tasks share are not counted once per task:
 * M = polar(U) diag(S) polar(V)ᵀ.
 *
 * As published each task keeps floor(min(out, in) / N) triplets. For an adapter of rank r in a 768-wide module all but r of
 * those are noise, so in the core each task keeps its own rank (the triplets that are there) unless `share` is asked for.
 * A weight scales the task's update and with it its singular values; a negative one turns its directions round.
 */
export const tsvM = defineMergeMethod({
  id: 'tsv_m',
  title: 'TSV-M: singular vectors of all tasks made orthogonal (Procrustes)',
  source: 'Gargiulo et al. 2025, arXiv 2412.00081, Algorithm 1; scale 1 (the source searches 0 to 3)',
  spaces: ['core', 'full'],
  matricesOnly: true,
  laws: {
    single: {},
    duplicates: { triplets: 'rank' },
    cancels: { triplets: 'rank' },
    signedWeights: {},
    ignoresZero: {},
    weightless: {},
    basisFree: { triplets: 'rank' },
  },
  params: z.strictObject({
    ...scaleParams,
    ...cutParams(1),
    triplets: z
      .enum(['rank', 'share'])
      .optional()
      .describe(
        'Singular triplets kept per task: its own rank, or the smaller side of the matrix divided by the number of tasks, rounded down (as published). Default: rank in space core, share in space full',
      ),
  }),
  merge(deltas, weights, { triplets }, { space }) {
    const updates = weightedUpdates(deltas, weights);
    if (updates.length === 0) return noUpdate(deltas);
    const { rows, cols } = updates[0]!;
    const share = (triplets ?? (space === 'core' ? 'rank' : 'share')) === 'share';
    const count = share ? Math.max(1, Math.floor(Math.min(rows, cols) / updates.length)) : Infinity;
    const { u, s, v } = joinTriplets(updates.map((update) => leadingTriplets(svd(update), count)));
    return tripletSum({ u: polarFactor(u), s, v: polarFactor(v) });
  },
});

import { weightedSum } from '@medlego/linalg';
import { z } from 'zod';
import { defineMergeMethod } from '../merge-method.ts';
import { cutParams, meanParams, meanWeights, scaleParams } from '../merge-params.ts';

/**
 * Med-LEGO: the mean of the updates, cut to the first k singular triplets whose values sum beyond the threshold.
 *
 * The paper states neither the threshold nor whether it is absolute. We take a share of the sum of singular values and 0.9:
 * specialists hardly overlap, so the spectrum is flat and a smaller share would delete whole tasks.
 */
export const medLego = defineMergeMethod({
  id: 'med-lego',
  title: 'Med-LEGO: mean of the updates, SVD, cut by cumulative singular values',
  source: 'Med-LEGO, SVD of (1/N) Σ B E A; default threshold ours, the paper gives none',
  spaces: ['core', 'full'],
  laws: {
    single: { threshold: 1 },
    duplicates: { threshold: 1 },
    cancels: {},
    signedWeights: {},
    ignoresZero: { normalize: 'none' },
    basisFree: {},
  },
  params: z.strictObject({ ...scaleParams, ...meanParams, ...cutParams(0.9) }),
  merge: (deltas, weights, { normalize }) => weightedSum(deltas, meanWeights(weights, normalize)),
});

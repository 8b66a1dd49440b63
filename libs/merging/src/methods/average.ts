import { weightedSum } from '@medlego/linalg';
import { z } from 'zod';
import { defineMergeMethod } from '../merge-method.ts';
import { meanParams, meanWeights, scaleParams } from '../merge-params.ts';

/** The mean of the updates themselves, exact: its rank is that of the stacked factors, and no cut is made. */
export const average = defineMergeMethod({
  id: 'average',
  title: 'Average of the updates, exact, without a cut',
  source: 'Wortsman et al. 2022, arXiv 2203.05482, on low-rank updates (post-merge; PEFT calls the sum `cat`)',
  spaces: ['core', 'full'],
  laws: {
    single: {},
    duplicates: {},
    cancels: {},
    signedWeights: {},
    ignoresZero: { normalize: 'none' },
    basisFree: {},
  },
  params: z.strictObject({ ...scaleParams, ...meanParams }),
  merge: (deltas, weights, { normalize }) => weightedSum(deltas, meanWeights(weights, normalize)),
});

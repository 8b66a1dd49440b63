import { svd, weightedSum } from '@medlego/linalg';
import { z } from 'zod';
import { defineMergeMethod } from '../merge-method.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { meanOver } from '../subspace/flatten-spectrum.ts';
import { leadingTriplets, tripletSum } from '../subspace/join-triplets.ts';

/**
 * Iso-C: SVD of the sum of the updates, every singular value replaced by their mean.
 *
 * As published (space `full`) the mean is over all min(out, in) values. A sum of low-rank updates has only Σr of them that
 * are not zero, so there the published mean is the small share Σr / min(out, in) of what one direction needs, and the
 * singular vectors of the zeros are arbitrary: they are left out. In space `core` the mean is over the numerical rank.
 * The two differ by the factor rank / min(out, in) alone.
 */
export const isoC = defineMergeMethod({
  id: 'iso_c',
  title: 'Iso-C: the sum of the updates with a flat spectrum',
  source: 'Marczak et al. 2025, arXiv 2502.04959, Eq. 8; scale 1 (the source searches 0 to 3, FusionBench takes 1.5)',
  spaces: ['core', 'full'],
  matricesOnly: true,
  laws: { cancels: {}, signedWeights: {}, ignoresZero: {}, weightless: {} },
  params: z.strictObject({ ...scaleParams, ...cutParams(1) }),
  merge(deltas, weights, _params, { space }) {
    const sum = weightedSum(deltas, weights);
    const { u, s, v } = leadingTriplets(svd(sum), Infinity);
    const mean = meanOver(s, space === 'core' ? s.length : Math.min(sum.rows, sum.cols));
    return tripletSum({ u, s: s.map(() => mean), v });
  },
});

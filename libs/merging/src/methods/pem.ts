import { InvalidValueError } from '@medlego/errors';
import { z } from 'zod';
import { composeFactors } from '../factor-wise.ts';
import { defineMergeMethod } from '../merge-method.ts';
import { cutParams, scaleParams } from '../merge-params.ts';

/**
 * PEM composition: A and B composed apart with weights that sum to 1; a negative weight negates its module by turning B
 * round and leaving A, so that −(B A) and not (−B)(−A) enters. E and the scaling go to B.
 * The source wants modules that started from one initialisation; A and B of others are in unrelated bases.
 */
export const pem = defineMergeMethod({
  id: 'pem',
  title: 'PEM composition: factors A and B composed apart, negation in B',
  source: 'Zhang et al. 2023, arXiv 2306.14870, Eq. 4 and 5; pair weights are searched there',
  spaces: ['core', 'full'],
  laws: { single: {}, duplicates: {}, signedWeights: {}, basisFree: {} },
  factorsOnly: true,
  params: z.strictObject({ ...scaleParams, ...cutParams(1) }),
  merge(_deltas, weights, _params, context) {
    const total = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
    if (total === 0) throw new InvalidValueError({ field: 'weights', expected: 'one that is not 0', actual: 0 });
    return composeFactors(context, (member, scaling) => {
      const share = weights[member]! / total;
      return { b: share * scaling, a: Math.abs(share) };
    });
  },
});

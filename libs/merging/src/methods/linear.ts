import { z } from 'zod';
import { composeFactors } from '../factor-wise.ts';
import { defineMergeMethod } from '../merge-method.ts';
import { cutParams, meanParams, meanWeights, scaleParams } from '../merge-params.ts';

/**
 * LoRA averaging before the product ("pre-merge"): the mean of B and the mean of A, apart. E and the scaling go to B.
 * Not the average of the updates (that is `average`): the cross terms Bᵢ Aⱼ can be as large as the result. Kept because the
 * paper's table has it, and to reproduce PEFT.
 */
export const linear = defineMergeMethod({
  id: 'linear',
  title: 'LoRA averaging, pre-merge: factors A and B averaged apart',
  source: 'Med-LEGO, "LoRA Averaging"; PEFT `linear` with split peft and normalize none',
  spaces: ['core', 'full'],
  laws: {
    single: {},
    duplicates: {},
    signedWeights: { split: 'peft' },
    ignoresZero: { split: 'peft', normalize: 'none' },
    basisFree: {},
  },
  factorsOnly: true,
  params: z.strictObject({
    ...scaleParams,
    ...meanParams,
    split: z
      .enum(['each', 'peft'])
      .default('each')
      .describe(
        'Where weight and scaling go: each factor is averaged with the weights, the scaling in B; or sqrt |weight · scaling| on both and the sign on A, as PEFT',
      ),
    ...cutParams(1),
  }),
  merge(_deltas, weights, { normalize, split }, context) {
    const shares = meanWeights(weights, normalize);
    return composeFactors(context, (member, scaling) => {
      const share = shares[member]!;
      if (split === 'each') return { b: share * scaling, a: share };
      const root = Math.sqrt(Math.abs(share * scaling));
      return { b: root, a: Math.sign(share * scaling) * root };
    });
  },
});

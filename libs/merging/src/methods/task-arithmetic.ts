import { z } from 'zod';
import { sum } from '../consensus/consensus.ts';
import { defineEntryWiseMethod } from '../entry-wise.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { keepAll } from '../sparsify/sparsifier.ts';

/**
 * Task arithmetic: λ Σ wᵢ Dᵢ. The sum of eight tasks wants a λ of 0.3 to 0.4 in the source; 1 is our default because λ is
 * one parameter of all methods. A weight of −1 forgets its task.
 */
export const taskArithmetic = defineEntryWiseMethod({
  id: 'task_arithmetic',
  title: 'Task arithmetic: the sum of the updates',
  source: 'Ilharco et al. 2023, arXiv 2212.04089; λ is chosen on validation there, 0.3 to 0.4 is typical',
  params: z.strictObject({ ...scaleParams, ...cutParams(1) }),
  sparsifier: keepAll,
  consensus: sum,
  laws: { single: {}, cancels: {}, signedWeights: {}, ignoresZero: {}, basisFree: {} },
});

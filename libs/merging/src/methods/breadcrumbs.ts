import { z } from 'zod';
import { sum } from '../consensus/consensus.ts';
import { defineEntryWiseMethod } from '../entry-wise.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { checkMiddleShares, middleEntries, middleParams } from '../sparsify/middle-entries.ts';

/** Model Breadcrumbs: the sum of updates without their outliers and without their small entries. */
export const breadcrumbs = defineEntryWiseMethod({
  id: 'breadcrumbs',
  title: 'Breadcrumbs: sum of the updates without outliers and small entries',
  source: 'Davari and Belilovsky 2024, arXiv 2312.06795; density 0.15, γ 0.006 and λ 0.2 as its code starts with',
  params: z.strictObject({ ...scaleParams, ...cutParams(1), ...middleParams }).superRefine(checkMiddleShares),
  sparsifier: middleEntries,
  consensus: sum,
  laws: { single: { density: 1, gamma: 0 }, cancels: {}, signedWeights: {} },
});

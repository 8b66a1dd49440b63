import { z } from 'zod';
import { electParams, electSign } from '../consensus/elect-sign.ts';
import { defineEntryWiseMethod } from '../entry-wise.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { largestEntries, largestParams } from '../sparsify/largest-entries.ts';

/**
 * TIES: trim each member to its largest entries, elect a sign per entry, merge what agrees with it.
 * PEFT's `ties_svd` is space `full`, thresholdScope `module`, convention `peft` and a cut by `maxRank`.
 */
export const ties = defineEntryWiseMethod({
  id: 'ties',
  title: 'TIES: trim, elect a sign per entry, merge what agrees',
  source: 'Yadav et al. 2023, arXiv 2306.01708, Algorithm 1; density 0.2, mean, λ searched there',
  params: z.strictObject({ ...scaleParams, ...cutParams(1), ...largestParams(0.2), ...electParams }),
  sparsifier: largestEntries,
  consensus: electSign,
  laws: { single: { density: 1 }, duplicates: { density: 1 }, cancels: {}, signedWeights: {} },
  signScope: ({ thresholdScope }) => thresholdScope,
});

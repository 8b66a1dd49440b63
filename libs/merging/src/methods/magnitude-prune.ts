import { z } from 'zod';
import { sum } from '../consensus/consensus.ts';
import { defineEntryWiseMethod } from '../entry-wise.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { largestEntries, largestParams } from '../sparsify/largest-entries.ts';

/** The sum of updates trimmed to their largest entries: TIES without its election. */
export const magnitudePrune = defineEntryWiseMethod({
  id: 'magnitude_prune',
  title: 'Sum of the updates, each trimmed to its largest entries',
  source: 'PEFT `magnitude_prune_svd` is this in space full with thresholdScope module and a cut by maxRank',
  params: z.strictObject({ ...scaleParams, ...cutParams(1), ...largestParams(0.2) }),
  sparsifier: largestEntries,
  consensus: sum,
  laws: { single: { density: 1 }, cancels: {}, signedWeights: {} },
});

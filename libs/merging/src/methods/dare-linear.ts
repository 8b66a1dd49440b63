import { z } from 'zod';
import { sum } from '../consensus/consensus.ts';
import { defineEntryWiseMethod } from '../entry-wise.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { dropParams, randomDrop } from '../sparsify/random-drop.ts';

/** DARE with task arithmetic: over seeds its expectation is the sum of the updates. */
export const dareLinear = defineEntryWiseMethod({
  id: 'dare_linear',
  title: 'DARE: entries dropped at random and rescaled, then summed',
  source: 'Yu et al. 2024, arXiv 2311.03099; drop rate 0.9 there, 0.5 and λ 0.3 in FusionBench',
  params: z.strictObject({ ...scaleParams, ...cutParams(1), ...dropParams(0.9) }),
  sparsifier: randomDrop,
  consensus: sum,
  laws: { single: { dropRate: 0 }, cancels: {}, signedWeights: {} },
});

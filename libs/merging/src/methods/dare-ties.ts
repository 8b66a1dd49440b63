import { z } from 'zod';
import { electParams, electSign } from '../consensus/elect-sign.ts';
import { defineEntryWiseMethod } from '../entry-wise.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { dropParams, randomDrop } from '../sparsify/random-drop.ts';

/** DARE in the place of TIES's trimming. */
export const dareTies = defineEntryWiseMethod({
  id: 'dare_ties',
  title: 'DARE: entries dropped at random and rescaled, then TIES without trimming',
  source: 'Yu et al. 2024, arXiv 2311.03099, with arXiv 2306.01708; drop rate 0.9 there, 0.5 and λ 0.5 in FusionBench',
  params: z.strictObject({ ...scaleParams, ...cutParams(1), ...dropParams(0.9), ...electParams }),
  sparsifier: randomDrop,
  consensus: electSign,
  laws: { single: { dropRate: 0 }, duplicates: { dropRate: 0 }, cancels: {}, signedWeights: {} },
});

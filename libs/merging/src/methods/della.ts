import { z } from 'zod';
import { electParams, electSign } from '../consensus/elect-sign.ts';
import { defineEntryWiseMethod } from '../entry-wise.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { checkRankShares, rankDrop, rankDropParams } from '../sparsify/rank-drop.ts';

/** DELLA: entries dropped at random, small ones more often, rescaled; then a sign per entry is elected as in TIES. */
export const della = defineEntryWiseMethod({
  id: 'della',
  title: 'DELLA: small entries dropped more often, rescaled, then TIES without trimming',
  source: 'Deep et al. 2024, arXiv 2406.11617; density ± ε as in mergekit, ε 0.15',
  params: z
    .strictObject({ ...scaleParams, ...cutParams(1), ...rankDropParams, ...electParams })
    .superRefine(checkRankShares),
  sparsifier: rankDrop,
  consensus: electSign,
  laws: { single: { density: 1, epsilon: 0 }, duplicates: { density: 1, epsilon: 0 }, cancels: {}, signedWeights: {} },
});

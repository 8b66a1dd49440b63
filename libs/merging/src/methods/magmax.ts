import { z } from 'zod';
import { largest } from '../consensus/largest.ts';
import { defineEntryWiseMethod } from '../entry-wise.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { keepAll } from '../sparsify/sparsifier.ts';

/** MagMax: per entry the update of largest magnitude. The source adds half of it to the backbone (λ 0.5). */
export const magmax = defineEntryWiseMethod({
  id: 'magmax',
  title: 'MagMax: the update of largest magnitude per entry',
  source: 'Marczak et al. 2024, arXiv 2407.06322, Eq. 2; λ 0.5 there',
  params: z.strictObject({ ...scaleParams, ...cutParams(1) }),
  sparsifier: keepAll,
  consensus: largest,
  laws: { single: {}, duplicates: {}, signedWeights: {} },
});

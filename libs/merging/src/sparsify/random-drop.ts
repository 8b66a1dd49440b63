import { type Matrix } from '@medlego/linalg';
import { z } from 'zod';
import { entryRandom } from '../random/entry-random.ts';
import { type Sparsifier } from './sparsifier.ts';

export const seedParams = {
  seed: z.int().min(0).default(0).describe('Seed of the random numbers; the same seed drops the same entries'),
};

export const dropParams = (rate: number) => ({
  dropRate: z.number().min(0).lt(1).default(rate).describe('Probability with which an entry is dropped, in [0, 1)'),
  rescale: z.boolean().default(true).describe('Divide what is kept by 1 - dropRate, so that the expected update stays'),
  ...seedParams,
});

export interface DropParams {
  readonly dropRate: number;
  readonly rescale: boolean;
  readonly seed: number;
}

/** Drops entries at random, with one probability for all, and makes up for it by scale. Source: DARE, arXiv 2311.03099, Eq. 2 to 4. */
export const randomDrop: Sparsifier<DropParams> = {
  apply(delta, { dropRate, rescale, seed }, { member, context }) {
    if (dropRate === 0) return delta;
    const limit = dropRate * 2 ** 32;
    const words = entryRandom(seed, context, member, delta.data.length);
    return dropEntries(delta, (index) => words[index]! >= limit, rescale ? 1 / (1 - dropRate) : 1);
  },
};

/** The entries that a mask keeps, times `scale`; zeros elsewhere. */
export function dropEntries(delta: Matrix, isKept: (index: number) => boolean, scale: number): Matrix {
  const { data } = delta;
  const kept = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) if (isKept(i)) kept[i] = data[i]! * scale;
  return { ...delta, data: kept };
}

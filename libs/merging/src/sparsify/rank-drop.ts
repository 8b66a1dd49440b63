import { matrix, type Matrix } from '@medlego/linalg';
import { z } from 'zod';
import { entryRandom } from '../random/entry-random.ts';
import { share } from './largest-entries.ts';
import { seedParams } from './random-drop.ts';
import { type Sparsifier } from './sparsifier.ts';

export const rankDropParams = {
  density: share('Mean probability with which an entry is kept', 0.5),
  epsilon: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0.15)
    .describe('The largest entry of a row is kept with density + epsilon, the smallest with density - epsilon'),
  rescale: z.boolean().default(true).describe('Divide each kept entry by the probability with which it was kept'),
  ...seedParams,
};

export interface RankDropParams {
  readonly density: number;
  readonly epsilon: number;
  readonly rescale: boolean;
  readonly seed: number;
}

/** A refinement of the parameters: the probabilities that `density` and `epsilon` span are in (0, 1]. */
export function checkRankShares({ density, epsilon }: RankDropParams, issues: z.core.$RefinementCtx): void {
  if (density - epsilon <= 0 || density + epsilon > 1)
    issues.addIssue({
      code: 'custom',
      path: ['epsilon'],
      message: 'density - epsilon above 0 and density + epsilon at most 1',
    });
}

/**
 * Drops entries at random, small ones rather than large ones: within each row (the inputs of one unit) the probability of
 * being kept grows with the rank of the magnitude, from density − ε to density + ε. Equal magnitudes share their mean rank.
 * Source: DELLA, arXiv 2406.11617, MAGPRUNE; ε here is half of the paper's, as in mergekit.
 */
export const rankDrop: Sparsifier<RankDropParams> = {
  apply(delta, { density, epsilon, rescale, seed }, { member, context }) {
    const words = entryRandom(seed, context, member, delta.data.length);
    const ranks = rowRanks(delta);
    const kept = matrix(delta.rows, delta.cols);
    for (let i = 0; i < kept.data.length; i++) {
      const probability = density + epsilon * (2 * ranks[i]! - 1);
      if (words[i]! < probability * 2 ** 32) kept.data[i] = rescale ? delta.data[i]! / probability : delta.data[i]!;
    }
    return kept;
  },
};

/** Rank of each entry's magnitude within its row: 0 the smallest, 1 the largest, 0.5 in a row of one. */
export function rowRanks({ rows, cols, data }: Matrix): Float64Array {
  const ranks = new Float64Array(data.length);
  const row = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) row[j] = Math.abs(data[j * rows + i]!);
    const sorted = row.toSorted();
    for (let j = 0; j < cols; j++) {
      const below = countBelow(sorted, row[j]!, false);
      const upTo = countBelow(sorted, row[j]!, true);
      ranks[j * rows + i] = cols === 1 ? 0.5 : (below + upTo - 1) / 2 / (cols - 1);
    }
  }
  return ranks;
}

/** How many of the sorted numbers are smaller than `value`, or at most as large. */
function countBelow(sorted: Float64Array, value: number, inclusive: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (inclusive ? sorted[middle]! <= value : sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

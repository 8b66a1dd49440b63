import { type z } from 'zod';
import { share } from './largest-entries.ts';
import { selectMagnitude } from './magnitude-selector.ts';
import { type Sparsifier } from './sparsifier.ts';

export const middleParams = {
  density: share('Share of entries kept in each module, the largest after the outliers', 0.15),
  gamma: share('Share of entries dropped in each module as outliers, the largest by magnitude', 0.006),
};

export interface MiddleParams {
  readonly density: number;
  readonly gamma: number;
}

/** A refinement of the parameters: `density` and `gamma` are shares of one whole. */
export function checkMiddleShares({ density, gamma }: MiddleParams, issues: z.core.$RefinementCtx): void {
  if (density + gamma > 1)
    issues.addIssue({ code: 'custom', path: ['density'], message: `a share of at most 1 - gamma (${1 - gamma})` });
}

/**
 * Drops the int(γ · n) entries of largest magnitude of a module as outliers, then keeps the int(density · n) largest of the
 * rest; of equal magnitudes at a border, all are outliers, or all are kept.
 * Source: Model Breadcrumbs, arXiv 2312.06795; the authors' code works row by row, the paper and we layer by layer.
 */
export const middleEntries: Sparsifier<MiddleParams> = {
  apply(delta, { density, gamma }) {
    const { data } = delta;
    const upper = selectMagnitude(data, (count) => Math.floor(gamma * count));
    const lower = selectMagnitude(data, (count) => Math.floor(gamma * count) + Math.floor(density * count));
    const kept = new Float64Array(data.length);
    for (let i = 0; i < data.length; i++) {
      const size = Math.abs(data[i]!);
      if (size >= lower && size < upper) kept[i] = data[i]!;
    }
    return { ...delta, data: kept };
  },
};

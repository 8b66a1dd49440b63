import { weightedSum, type Matrix } from '@medlego/linalg';
import { z } from 'zod';
import { defineMergeMethod, type MergeMethod, type ModuleDeltas, type ModuleMerger } from '../merge-method.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { average } from './average.ts';
import { isoC } from './iso-c.ts';
import { priorRegmean } from './prior-regmean.ts';
import { svc } from './svc.ts';
import { taskArithmetic } from './task-arithmetic.ts';
import { ties } from './ties.ts';
import { tsvM } from './tsv-m.ts';
import { wudi } from './wudi.ts';

const bases = {
  sum: taskArithmetic,
  mean: average,
  ties,
  tsv_m: tsvM,
  iso_c: isoC,
  svc,
  wudi,
  prior_regmean: priorRegmean,
};
type Base = keyof typeof bases;

/**
 * LiNeS: a merge whose scale grows with depth, α + β · l / (L − 1) for block l of L: shallow blocks, which hold what all tasks
 * need, stay near the frozen model, deep ones take more of what was learned.
 *
 * α = ‖Σ τ_i‖₁ / ‖τ_merged‖₁ / N over all weights: 1/N for the sum, 1 for the mean. The norm is taken in the coordinates of the
 * space, so α of another base differs a little between core and full. Modules outside of the blocks take α. β is the
 * coefficient that the source searches; 1 brings the last block of the sum to 1 + 1/N. Members of weight 0 are not in N.
 */
export const lines = defineMergeMethod({
  id: 'lines',
  title: 'LiNeS: another merge with a scale that grows with depth',
  source: 'Wang et al. 2024, arXiv 2410.17146, Eq. 2; β 1 (the source searches it)',
  spaces: ['core', 'full'],
  laws: {
    single: {},
    duplicates: { base: 'mean', beta: 0 },
    cancels: {},
    signedWeights: {},
    weightless: {},
    basisFree: {},
  },
  params: z.strictObject({
    ...scaleParams,
    ...cutParams(1),
    base: z
      .enum(Object.keys(bases) as [Base, ...Base[]])
      .default('sum')
      .describe('The merge that is scaled, with its own defaults'),
    beta: z.number().default(1).describe('What the last block gets beyond the first; negative turns the slope round'),
  }),
  survey(modules, weights, { base }) {
    const merge = (bases[base] as MergeMethod).configure({}).begin(weights, modules);
    const tasks = Math.max(1, weights.filter((weight) => weight !== 0).length);
    let deepest = 0;
    for (const { module } of modules) deepest = Math.max(deepest, blockOf(module) ?? 0);
    return { merge, deepest, alpha: base === 'sum' ? 1 / tasks : normRatio(modules, weights, merge) / tasks };
  },
  merge(deltas, _weights, { beta }, { survey: { merge, deepest, alpha }, ...context }) {
    const block = blockOf(context.module);
    const scale = block === undefined || deepest === 0 ? alpha : alpha + (beta * block) / deepest;
    return weightedSum([merge({ ...context, deltas })], [scale]);
  },
});

/** ‖Σ τ_i‖₁ / ‖τ_merged‖₁ over all modules; 1 where the merge is zero. */
function normRatio(modules: Iterable<ModuleDeltas>, weights: readonly number[], merge: ModuleMerger): number {
  let sum = 0;
  let merged = 0;
  for (const module of modules) {
    sum += absoluteSum(weightedSum(module.deltas, weights));
    merged += absoluteSum(merge(module));
  }
  return merged > 0 ? sum / merged : 1;
}

function absoluteSum({ data }: Matrix): number {
  let sum = 0;
  for (const value of data) sum += Math.abs(value);
  return sum;
}

/** `blocks.7.attn.q` → 7; undefined for what is no part of a numbered block. */
export function blockOf(module: string): number | undefined {
  const match = /(?:^|\.)(?:blocks|resblocks|layers|layer)\.(\d+)\./.exec(module);
  return match ? Number(match[1]) : undefined;
}

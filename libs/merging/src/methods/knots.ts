import { multiply } from '@medlego/linalg';
import { z } from 'zod';
import { electParams, electSign } from '../consensus/elect-sign.ts';
import { largest } from '../consensus/largest.ts';
import { defineMergeMethod, type ModuleDeltas } from '../merge-method.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { largestEntries, largestParams } from '../sparsify/largest-entries.ts';
import { alignColumns, type AlignedUpdates } from '../subspace/align-columns.ts';

/**
 * KnOTS: the updates are first written in one common column basis, D_i = U (Σ V_iᵀ) from the SVD of [D_1 … D_N], then an
 * entry-wise method (TIES) merges the pieces Σ V_iᵀ, and U maps back. Aligned entries of different tasks mean the same output
 * direction, which entries of low-rank updates as they are do not.
 *
 * Space `full` is the published form. In space `core` the columns of the pieces are coordinates in the common row space as
 * well, and entries so many fewer that it is another algorithm.
 */
export const knots = defineMergeMethod({
  id: 'knots',
  title: 'KnOTS: updates aligned by a joint SVD, then merged by TIES',
  source:
    'Stoica et al. 2024, arXiv 2410.19735; density 0.2, singular values within the pieces, scale 1 (searched there)',
  spaces: ['full', 'core'],
  matricesOnly: true,
  laws: { single: { density: 1 }, duplicates: { density: 1 }, signedWeights: {} },
  params: z.strictObject({
    ...scaleParams,
    ...cutParams(1),
    consensus: z
      .enum(['ties', 'magmax'])
      .default('ties')
      .describe('How the aligned pieces are merged; magmax ignores the parameters of TIES'),
    ...largestParams(0.2),
    ...electParams,
  }),
  survey(modules, weights, params) {
    const align = rememberCores(weights);
    if (params.consensus !== 'ties') return { align, thresholds: undefined, excess: () => 0 };
    const aligned = {
      *[Symbol.iterator]() {
        for (const module of modules) yield { ...module, deltas: align(module).pieces };
      },
    };
    const thresholds = largestEntries.survey!(aligned, params);
    let excess: number | undefined;
    const count = () => {
      let total = 0;
      for (const module of aligned)
        total += electSign.signExcess!(trimmed(module, params, thresholds), weights, params);
      return total;
    };
    return { align, thresholds, excess: () => (excess ??= count()) };
  },
  merge(deltas, weights, params, { survey: { align, thresholds, excess }, ...context }) {
    const { u, pieces } = align({ ...context, deltas });
    const module = { ...context, deltas: pieces };
    const merged =
      params.consensus === 'magmax'
        ? largest.apply(pieces, weights, params, excess)
        : electSign.apply(trimmed(module, params, thresholds), weights, params, excess);
    return multiply(u, merged);
  },
});

/** Cores are small enough to be aligned once for all passes; dense pieces are made anew each time. */
function rememberCores(weights: readonly number[]): (module: ModuleDeltas) => AlignedUpdates {
  const known = new Map<string, AlignedUpdates>();
  return (module) => {
    if (module.space !== 'core') return alignColumns(module, weights);
    const aligned = known.get(module.module) ?? alignColumns(module, weights);
    known.set(module.module, aligned);
    return aligned;
  };
}

type Params = Parameters<typeof largestEntries.apply>[1];

const trimmed = ({ deltas, ...context }: ModuleDeltas, params: Params, survey: readonly number[] | undefined) =>
  deltas.map((delta, member) => largestEntries.apply(delta, params, { member, context, survey }));

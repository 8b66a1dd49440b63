import { type Matrix } from '@medlego/linalg';
import { type ModuleContext, type ModuleDeltas } from '../merge-method.ts';

/** Which member's delta of which module is at hand, and what the survey found. */
export interface SparsifierPlace<S> {
  readonly member: number;
  readonly context: ModuleContext;
  readonly survey: S;
}

/**
 * The first half of an entry-wise method: what is dropped from each member's delta before the members meet. mergekit's
 * "sparsification"; the second half is a `Consensus`.
 */
export interface Sparsifier<P, S = undefined> {
  /** One pass, or several, over all modules. */
  readonly survey?: (modules: Iterable<ModuleDeltas>, params: P) => S;
  /** @returns a new matrix, or `delta` itself where nothing is dropped */
  readonly apply: (delta: Matrix, params: P, place: SparsifierPlace<S>) => Matrix;
}

/** Drops nothing. */
export const keepAll: Sparsifier<unknown> = { apply: (delta) => delta };

/** The entries for which `keep` holds, zeros elsewhere. */
export function keepEntries(delta: Matrix, keep: (entry: number, index: number) => boolean): Matrix {
  const data = new Float64Array(delta.data.length);
  for (let i = 0; i < data.length; i++) {
    const entry = delta.data[i]!;
    if (keep(entry, i)) data[i] = entry;
  }
  return { ...delta, data };
}

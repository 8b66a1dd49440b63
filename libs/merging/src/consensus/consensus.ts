import { weightedSum, type Matrix } from '@medlego/linalg';

/**
 * The second half of an entry-wise method: one matrix from the members' sparsified deltas.
 * @typeParam P parameters that it reads
 */
export interface Consensus<P> {
  /**
   * @param deltas     one per member, borrowed
   * @param signExcess sum of `signExcess` over all modules, or over this one, as the method's scope says; found when first asked for
   */
  readonly apply: (
    deltas: readonly Matrix[],
    weights: readonly number[],
    params: P,
    signExcess: () => number,
  ) => Matrix;
  /** By how many the positive elected signs of a module outnumber the negative ones, for a consensus that elects signs. */
  readonly signExcess?: (deltas: readonly Matrix[], weights: readonly number[], params: P) => number;
}

/** Σ wᵢ Dᵢ */
export const sum: Consensus<unknown> = { apply: weightedSum };

import type { Json, Run } from '@medlego/registry';
import type { CheckedMember, CheckedRecipe } from './check-recipe.ts';

/** What a merging run is submitted with. */
export type MergeSpec = {
  readonly recipe: CheckedRecipe;
  /** The specialists as they were named: a request that comes again is compared by these. */
  readonly requested: readonly string[];
  /** The specialists that these were when the run was submitted. */
  readonly members: readonly CheckedMember[];
  /** Of a generalist that follows tasks: the number of its plan; null for a merge by hand. */
  readonly plan: number | null;
};

export const toSpecJson = (spec: MergeSpec): Json => spec;

/** The specification of a run of ours. */
export const specOf = ({ spec }: Run): MergeSpec => spec as unknown as MergeSpec;

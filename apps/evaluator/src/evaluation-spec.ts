import type { Json, Run } from '@medlego/registry';
import type { ComparisonRow } from '@medlego/workflows';

/** What an evaluation run is submitted with. */
export type EvaluationSpec = {
  /** As it was named: a request that comes again is compared by this. */
  readonly requested: string;
  /** Digest of the specialist or generalist. */
  readonly artifact: string;
  readonly split: 'test' | 'val';
  readonly against: readonly ComparisonRow[];
  /** The version that is promoted or refused by the result; null for an evaluation by hand. */
  readonly gate: { readonly generalist: string; readonly version: number } | null;
};

export const toSpecJson = (spec: EvaluationSpec): Json => spec;

/** The specification of a run of ours. */
export const specOf = ({ spec }: Pick<Run, 'spec'>): EvaluationSpec => spec as unknown as EvaluationSpec;

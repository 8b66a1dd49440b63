import { type JoinedLicence } from '../licence.ts';
import { type SpaceId } from '../spaces/merge-space.ts';

/*
 * The merge report is part of the generalist's artifact: plain JSON, a function of the inputs alone (no times, no machine).
 * Energy = squared Frobenius norm. A number is null where it would divide by the norm of a zero update.
 */

/** A number per member, by its name. */
export type PerMember<T> = Readonly<Record<string, T>>;

export interface MergeReport {
  readonly schema: 'medlego.merge-report/1';
  readonly method: string;
  readonly space: SpaceId;
  /** All parameters, defaults filled in. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly versions: { readonly merging: string };
  /** Digest of the members' backbone; null if no member names one. */
  readonly backbone: string | null;
  readonly licence: JoinedLicence;
  /** Sorted by name. */
  readonly members: readonly MemberReport[];
  /** Sorted naturally by name. */
  readonly modules: readonly ModuleReport[];
  readonly totals: TotalsReport;
  readonly warnings: readonly MergeWarning[];
}

export interface MemberReport {
  readonly name: string;
  readonly weight: number;
  readonly digest: string | null;
  readonly licence: string;
  readonly nonCommercial: boolean;
  /** Frobenius norm of the whole update as given, over all modules. */
  readonly norm: number;
  /** Factor that norm balance put on the update; 1 without. */
  readonly balance: number;
  /** Number of modules that it touches, and the sum of their ranks. */
  readonly modules: number;
  readonly rank: number;
}

/** How much of each member a merged module (or adapter) still holds. D = the member's update as given, M = the merged one. */
export interface PerTaskFigures {
  /** ‖Uᵀ D V‖² / ‖D‖²: share of D's energy in the subspaces that were kept. */
  readonly perTask: PerMember<number | null>;
  /** ⟨M, D⟩ / ‖D‖²: how strongly D acts within M. 1 = as trained, 1/N = the mean of orthogonal updates. */
  readonly strength: PerMember<number | null>;
  /** ‖M‖ / ‖D‖ */
  readonly normRatio: PerMember<number | null>;
}

/** How two members' updates X and Y lie to each other, each between -1 and 1 or 0 and 1. */
export interface PairFigures {
  readonly a: string;
  readonly b: string;
  /** ⟨X, Y⟩ / (‖X‖ ‖Y‖) */
  readonly update: number | null;
  /** Root mean square of the cosines of the principal angles between column spaces: 0 orthogonal, 1 the smaller lies in the larger. */
  readonly left: number | null;
  /** The same for row spaces. */
  readonly right: number | null;
}

export interface ModuleReport extends PerTaskFigures {
  readonly module: string;
  /** [out, in] */
  readonly shape: readonly [number, number];
  /** Rank of each member's factors; 0 where it does not touch the module. */
  readonly ranks: PerMember<number>;
  /** Frobenius norm of each member's update as given. */
  readonly norms: PerMember<number>;
  /** Of the merged module before the cut, down to its numerical rank. */
  readonly singularValues: readonly number[];
  /** Triplets kept. 0: the merged module is zero and absent from the result. */
  readonly k: number;
  /** Share of the merged module's energy that was kept; null if it is zero. */
  readonly energyKept: number | null;
  /** Frobenius norm of what was cut. */
  readonly error: number;
  readonly pairs: readonly PairFigures[];
}

export interface TotalsReport extends PerTaskFigures {
  readonly modules: number;
  /** Sum of k. */
  readonly rank: number;
  /** Numbers in the merged factors. */
  readonly parameters: number;
  /** Frobenius norm of the merged update after the cut. */
  readonly norm: number;
  readonly energyKept: number | null;
  readonly error: number;
  /** `update` over the whole adapters; `left` and `right` averaged over the modules that both touch. */
  readonly pairs: readonly PairFigures[];
}

export type MergeWarningCode = 'zero_result' | 'zero_member' | 'zero_weight' | 'module_missing' | 'task_nearly_lost';

export interface MergeWarning {
  readonly code: MergeWarningCode;
  readonly message: string;
  readonly member?: string;
  readonly modules?: readonly string[];
}

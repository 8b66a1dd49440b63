import type { Evaluation, Interval } from '@medlego/metrics';
import type { TaskKind } from '@medlego/tasks';

/**
 * The rows that every task is shown in:
 *
 * - `specialist`: adapter and head trained for the task
 * - `generalist`: the merged adapter with the specialist's head
 * - `unadapted`: the specialist's head on the plain backbone (Δ = 0)
 * - `probe`: a linear head solved on the plain backbone
 * - `majority`: class frequencies, or all zeros for multi-label tasks
 */
export const reportRows = ['specialist', 'generalist', 'unadapted', 'probe', 'majority'] as const;
export type ReportRow = (typeof reportRows)[number];

/** Everything that the HTML report shows: plain JSON, proportions in [0, 1]. Optional parts are left out of the page. */
export interface ReportData {
  /** Headline, such as "Five specialists, one generalist". */
  readonly title: string;
  /** One or two sentences under the headline. */
  readonly subtitle?: string;
  /** ISO 8601; left out where the same input must give the same bytes. */
  readonly createdAt?: string;
  readonly generalist: {
    readonly name: string;
    /** `sha256:...` */
    readonly artifact?: string;
    readonly method: string;
    readonly parameters?: Readonly<Record<string, string | number | boolean | null>>;
    readonly mergeMs?: number;
  };
  readonly backbone: { readonly name: string; readonly digest?: string; readonly description?: string };
  /** What a reader needs to do it again, in this order: command, seeds, versions, machine, durations, ... */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly tasks: readonly ReportTask[];
  /** The merge report's modules, as `medlego merge --json` prints them. */
  readonly modules?: readonly ReportModule[];
  readonly licences: readonly ReportLicence[];
  /** Sentences that must not be missed, shown near the top. */
  readonly warnings?: readonly string[];
}

export interface ReportTask {
  readonly name: string;
  /** For people; `name` without it. */
  readonly title?: string;
  readonly kind: TaskKind;
  readonly modality?: string;
  readonly split: string;
  readonly n: number;
  readonly labels: readonly string[];
  /** Results of `evaluateScores` fit as they are. A missing row is shown as a dash. */
  readonly results: Readonly<Partial<Record<ReportRow, ReportResult>>>;
  /** Paired differences row - against on the same cases (`compare` of @medlego/metrics). */
  readonly comparisons?: readonly ReportComparison[];
  readonly samples?: readonly ReportSample[];
  readonly curve?: ReportCurve;
}

export type ReportResult = Pick<Evaluation, 'metrics' | 'intervals'> &
  Partial<Pick<Evaluation, 'confusion' | 'labelConfusions' | 'notes'>>;

export interface ReportComparison {
  readonly row: ReportRow;
  readonly against: ReportRow;
  readonly metric: 'acc' | 'auc';
  readonly difference: number | null;
  readonly interval: Interval | null;
  readonly p: number | null;
  /** Adjusted for all tests of the report (Holm), if it was. */
  readonly pAdjusted?: number | null;
}

/** One image with what the generalist says about it. */
export interface ReportSample {
  /** `data:image/png;base64,...`; nothing else is accepted. */
  readonly image: string;
  /** Several, or none, only for multi-label tasks. */
  readonly truth: readonly string[];
  /** All labels or the largest few. */
  readonly probabilities: Readonly<Record<string, number>>;
}

/** Validation while the specialist was trained; one entry per look. */
export interface ReportCurve {
  readonly points: readonly {
    readonly epoch: number;
    readonly trainLoss?: number;
    readonly valLoss?: number;
    readonly valAcc?: number;
    readonly valAuc?: number;
  }[];
  /** Epoch of the checkpoint that was kept; 0 is the probe. */
  readonly bestEpoch?: number;
}

export interface ReportModule {
  /** `blocks.0.attn.q` */
  readonly module: string;
  /** Singular directions kept. */
  readonly k: number;
  /** Of the merged update before the cut, descending. */
  readonly singularValues: readonly number[];
  /** Share of squared singular values kept, and the same per task. */
  readonly energyKept: number | null;
  readonly perTask: Readonly<Record<string, number | null>>;
}

export interface ReportLicence {
  readonly name: string;
  readonly licence: string;
  readonly nonCommercial?: boolean;
  readonly citation?: string;
}

import { requireSplit } from '@medlego/data';
import { metricStatistics, parseCases, type CasesInput, type Statistic } from '@medlego/metrics';
import type { TableTask } from '../data/open-tasks.ts';
import type { ScoredRow } from '../run/run-rows.ts';

/** What is asked of one row, task and seed, on the test images or on a resample of them. */
export interface CaseStatistics {
  readonly acc: Statistic;
  /** Mean over the classes that have both kinds of case: on a resample without some class the rest still counts. */
  readonly auc: Statistic;
  readonly ece: Statistic;
  /** Share of cases with all labels right; multi-label tasks only. */
  readonly accSubset: Statistic | null;
}

/** Scores and true labels of one row, task and seed; null where the row has no part in the task. */
export function casesOf(row: ScoredRow, task: TableTask, seedAt: number): CasesInput | null {
  const scores = row.scores[seedAt]![task.name];
  if (!scores) return null;
  return { kind: task.dataset.task.kind, labels: requireSplit(task.dataset, 'test').labels, scores };
}

export function caseStatistics(cases: CasesInput): CaseStatistics {
  const statistics = metricStatistics(parseCases(cases));
  return {
    acc: statistics.acc!,
    auc: statistics.auc_mean_of_defined!,
    ece: statistics.ece!,
    accSubset: statistics.acc_subset ?? null,
  };
}

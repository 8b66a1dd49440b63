import { resampleCases } from '@medlego/metrics';
import type { TableTask } from '../data/open-tasks.ts';
import type { ScoredRow } from '../run/run-rows.ts';
import { caseStatistics, casesOf, type CaseStatistics } from './task-cases.ts';

export type TableMetric = 'acc' | 'auc';

/** Means over seeds of one row and task: on the test images themselves, and on every resample. NaN: not defined there. */
export interface TaskEstimates {
  readonly value: number;
  /** [resamples] */
  readonly resampled: Float64Array;
}

/** Estimates of every row, task and metric, all from the same resampled images and seeds, so that any two can be subtracted. */
export interface Resampled {
  /** null where the row has no part in the task. */
  of(rowId: string, task: string, metric: TableMetric): TaskEstimates | null;
  /** Statistics per seed of one row and task. */
  perSeed(rowId: string, task: string): readonly CaseStatistics[] | null;
  readonly resamples: number;
}

export interface ResampleOptions {
  readonly seeds: number;
  readonly resamples: number;
}

/**
 * Two-level bootstrap: every resample draws images within each task, and seeds, with replacement; the seeds are drawn once for all
 * tasks, since specialists of one seed were merged together. With one seed only images are drawn.
 */
export function resampleTable(
  rows: readonly ScoredRow[],
  tasks: readonly TableTask[],
  { seeds, resamples }: ResampleOptions,
): Resampled {
  const seedWeights = drawSeeds(seeds, resamples);
  const statistics = new Map<string, readonly CaseStatistics[]>();
  const estimates = new Map<string, TaskEstimates>();
  const key = (...parts: readonly string[]) => parts.join('\n');

  for (const [taskAt, task] of tasks.entries()) {
    const present = rows.flatMap((row) => {
      const cases = row.scores.map((_, seedAt) => casesOf(row, task, seedAt));
      if (cases.some((one) => one === null)) return [];
      // Rows without specialists are the same in every seed: asked once.
      const isOne = row.scores.every((scores) => scores === row.scores[0]);
      const first = caseStatistics(cases[0]!);
      const perSeed = cases.map((one, at) => (at === 0 || isOne ? first : caseStatistics(one!)));
      statistics.set(key(row.id, task.name), perSeed);
      return [{ id: row.id, perSeed, isOne }];
    });
    const n = task.dataset.splits.test.count;
    for (const metric of ['acc', 'auc'] as const)
      for (const { id, perSeed } of present)
        estimates.set(key(id, task.name, metric), {
          value: mean(perSeed.map((statistic) => statistic[metric]() ?? NaN)),
          resampled: new Float64Array(resamples),
        });
    let at = 0;
    for (const counts of resampleCases(n, { seed: 1 + taskAt, resamples })) {
      for (const { id, perSeed, isOne } of present)
        for (const metric of ['acc', 'auc'] as const) {
          const target = estimates.get(key(id, task.name, metric))!.resampled;
          if (isOne) target[at] = perSeed[0]![metric](counts) ?? NaN;
          else {
            let sum = 0;
            for (const [seedAt, statistic] of perSeed.entries()) {
              const weight = seedWeights[at]![seedAt]!;
              if (weight > 0) sum += weight * (statistic[metric](counts) ?? NaN);
            }
            target[at] = sum / seeds;
          }
        }
      at++;
    }
  }
  return {
    of: (rowId, task, metric) => estimates.get(key(rowId, task, metric)) ?? null,
    perSeed: (rowId, task) => statistics.get(key(rowId, task)) ?? null,
    resamples,
  };
}

/** How often each seed is in each resample; every seed once where there is only one. */
const drawSeeds = (seeds: number, resamples: number): number[][] =>
  Array.from(resampleCases(seeds, { seed: 0, resamples }), (counts) => Array.from(counts));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

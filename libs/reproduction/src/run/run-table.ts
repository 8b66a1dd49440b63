import { join } from 'node:path';
import { isMultiLabel } from '@medlego/metrics';
import type { TableConfig } from '../config/config-schema.ts';
import { countLeaks, type TaskLeaks } from '../data/leaks.ts';
import { sortPlots, type SortPlots } from '../figures/table-plots.ts';
import { openTasks, type OpenTasksOptions, type TableTask } from '../data/open-tasks.ts';
import { tableFigures, type TableFigures } from '../statistics/table-figures.ts';
import { ensureSpecialists, type SpecialistSet } from './ensure-specialists.ts';
import { unlessFailed, type FailedRow } from './failed-row.ts';
import { planRows, type PlanOptions } from './row-plan.ts';
import type { RunContext } from './run-context.ts';
import { runRows, type ScoredRow } from './run-rows.ts';
import { openScoreCache } from './score-cache.ts';
import { TableBench } from './table-bench.ts';

export interface RunTableOptions extends PlanOptions {
  readonly config: TableConfig;
  readonly seeds?: readonly number[] | undefined;
  readonly epochs?: number | undefined;
  readonly data: Omit<OpenTasksOptions, 'size' | 'preprocess'>;
  /** Compute every row again, whatever the cache holds. */
  readonly fresh?: boolean | undefined;
}

/** A whole table: what was scored and what it says. */
export interface TableRun {
  readonly config: TableConfig;
  readonly seeds: readonly number[];
  readonly tasks: readonly TableTask[];
  readonly rows: readonly ScoredRow[];
  /** Rows and figures that could not be made; the run went on without them. */
  readonly failed: readonly FailedRow[];
  readonly figures: TableFigures;
  readonly leaks: readonly TaskLeaks[];
  readonly plots: readonly SortPlots[];
  readonly specialists: Pick<SpecialistSet, 'trained' | 'found' | 'rebuilt' | 'seconds'>;
  readonly cached: { readonly hits: number; readonly misses: number };
  readonly secondsOfRows: number;
}

/**
 * Runs a table: trains what the store lacks, merges and scores every row of every seed, computes the statistics. A run that was
 * stopped goes on where it was; a second run of the same configuration only reads. A row that throws is left out and named.
 *
 * @throws StoppedError, AbortedError when the signal is aborted; what data and training throw
 */
export async function runTable(context: RunContext, options: RunTableOptions): Promise<TableRun> {
  const { config, seeds = config.seeds, epochs, data, fresh = false } = options;
  const { backbone } = context;
  const tasks = await openTasks(config.tasks, { ...data, size: config.size, preprocess: backbone.preprocess });
  const leaks = countLeaks(tasks);
  const plans = planRows(
    config,
    tasks.some(({ dataset }) => isMultiLabel(dataset.task.kind)),
    options,
  );
  const used = new Set(plans.flatMap(({ sort }) => sort ?? []));
  const sorts = Object.fromEntries(Object.entries(config.sorts).filter(([id]) => used.has(id)));
  const specialists = await ensureSpecialists(context, { prefix: config.setting, sorts, tasks, seeds, epochs });
  const cache = await openScoreCache(join(context.scratch, 'rows'), { fresh });
  const bench = new TableBench(context, tasks, specialists);
  const started = performance.now();
  try {
    const { rows, failed: failedRows } = await runRows(bench, plans, seeds, cache);
    const failed = [...failedRows];
    const secondsOfRows = (performance.now() - started) / 1000;
    const drawn = config.figures.sorts.filter((id) => used.has(id) && sorts[id]!.kind === 'specialists');
    const plots: SortPlots[] = [];
    for (const sort of drawn) {
      const own = await unlessFailed(
        context.signal,
        () => sortPlots(bench, config.figures, { id: sort, trainedAs: sorts[sort]!.trainedAs }, seeds, cache),
        (error) => failed.push({ id: `figures.${sort}`, row: 'Figures', sort, seed: seeds[0]!, error }),
      );
      if (own) plots.push(own);
    }
    context.onProgress?.({ phase: 'statistics', done: 0, total: 1, note: '' });
    const figures = tableFigures(rows, tasks, { seeds: seeds.length, resamples: config.bootstrap });
    context.onProgress?.({ phase: 'statistics', done: 1, total: 1, note: '' });
    return {
      config,
      seeds,
      tasks,
      rows,
      failed,
      figures,
      leaks,
      plots,
      specialists,
      cached: { hits: cache.hits, misses: cache.misses },
      secondsOfRows,
    };
  } finally {
    await bench.dispose();
  }
}

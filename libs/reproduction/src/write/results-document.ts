import { isReference } from '../run/row-plan.ts';
import type { TableRun } from '../run/run-table.ts';
import type { Difference, RowFigures, TaskFigures } from '../statistics/table-figures.ts';

/** Where and how results were made. */
export interface MadeFacts {
  readonly command: string;
  readonly machine: string;
  readonly backbone: { readonly name: string; readonly digest: string };
  readonly versions: Readonly<Record<string, string>>;
  /** Of the whole command. */
  readonly seconds: number;
}

/** The answer for machines. Everything but `made` is a function of the inputs alone. */
export function resultsDocument(run: TableRun, made: MadeFacts) {
  const { config, seeds, tasks, figures, failed, leaks, plots } = run;
  return {
    schema: 'medlego.results/1',
    table: config.table,
    setting: config.setting,
    title: config.title,
    seeds,
    backbone: made.backbone,
    bootstrap: config.bootstrap,
    tasks: tasks.map(({ name, title, dataset }) => ({
      task: name,
      title,
      kind: dataset.task.kind,
      modality: dataset.task.modality,
      n: dataset.splits.test.count,
      train: dataset.splits.train.count,
      val: dataset.splits.val.count,
      digest: dataset.digest,
      licence: dataset.task.licence,
      nonCommercial: dataset.task.nonCommercial,
    })),
    sorts: Object.fromEntries(
      Object.entries(config.sorts).map(([id, { title, trainedAs }]) => [
        id,
        { title, trainedAs, gains: figures.gains[id] ?? [] },
      ]),
    ),
    rows: figures.rows.map(rowDocument),
    failed,
    leaks,
    plots,
    made,
  };
}

export type ResultsDocument = ReturnType<typeof resultsDocument>;
export type RowDocument = ResultsDocument['rows'][number];

function rowDocument({ plan, tasks, mean, meanAuc, kept, keptAuc, overMedLego, overMedLegoAuc }: RowFigures) {
  return {
    row: plan.row,
    method: plan.method,
    specialists: plan.trainedAs,
    sort: plan.sort,
    id: plan.id,
    isMerge: plan.isMerge,
    isReference: isReference(plan),
    params: plan.facts[0]?.['params'] ?? plan.params,
    space: plan.facts[0]?.['space'] ?? null,
    dataFree: plan.dataFree,
    tuned: plan.tuned,
    headsRefitted: plan.headsRefitted,
    mean: mean.value,
    meanInterval: mean.interval,
    meanAuc: meanAuc.value,
    meanAucInterval: meanAuc.interval,
    retention: kept.retention.value,
    retentionInterval: kept.retention.interval,
    retentionAuc: keptAuc.retention.value,
    gainKept: kept.gain.value,
    gainKeptInterval: kept.gain.interval,
    gainKeptTasks: kept.counted,
    gainKeptAll: kept.gainAll.value,
    gainKeptAllInterval: kept.gainAll.interval,
    gainKeptAuc: keptAuc.gain.value,
    gainKeptAucTasks: keptAuc.counted,
    overProbe: kept.overProbe.value,
    overProbeInterval: kept.overProbe.interval,
    meanOfCounted: kept.countedMean.value,
    overMedLego: difference(overMedLego),
    overMedLegoAuc: difference(overMedLegoAuc),
    tasks: Object.fromEntries(Object.entries(tasks).map(([task, figures]) => [task, taskDocument(figures)])),
  };
}

const difference = (one: Difference | null) =>
  one && { difference: one.value, interval: one.interval, p: one.p, pHolm: one.pHolm };

const taskDocument = ({ overMedLego, ...figures }: TaskFigures) => ({
  ...figures,
  overMedLego: difference(overMedLego),
});

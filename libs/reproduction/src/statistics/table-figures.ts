import { holmAdjust, wilsonIntervalOfShare, isMultiLabel, type Interval } from '@medlego/metrics';
import type { TableTask } from '../data/open-tasks.ts';
import { isReference } from '../run/row-plan.ts';
import type { ScoredRow } from '../run/run-rows.ts';
import { bootstrapP, estimate, type Estimate } from './intervals.ts';
import { keptOf, type Kept } from './kept-estimates.ts';
import type { CaseStatistics } from './task-cases.ts';
import { resampleTable, type Resampled, type TableMetric } from './resample.ts';

/** One row and task, means over seeds. */
export interface TaskFigures {
  readonly acc: number;
  /** Wilson of the mean accuracy over the test images; multi-label: bootstrap. */
  readonly interval: Interval | null;
  readonly accPerSeed: readonly number[];
  readonly auc: number | null;
  readonly aucInterval: Interval | null;
  /** Multi-label: share of images with every label right, which an all-zeros answer wins where most have no finding. */
  readonly accSubset: number | null;
  readonly ece: number | null;
  /** ECE of the row's own specialist: what it was before the merge. */
  readonly eceBefore: number | null;
  /** Row minus Med-LEGO on the same images and seeds; null for rows without such a reference. */
  readonly overMedLego: Difference | null;
}

export interface Difference extends Estimate {
  readonly p: number | null;
  /** After Holm's correction over all tests of the same kind in the table. */
  readonly pHolm: number | null;
}

export interface RowFigures {
  readonly plan: ScoredRow;
  readonly tasks: Readonly<Record<string, TaskFigures>>;
  readonly mean: Estimate;
  readonly meanAuc: Estimate;
  readonly kept: Kept;
  readonly keptAuc: Kept;
  readonly overMedLego: Difference | null;
  readonly overMedLegoAuc: Difference | null;
}

export interface TableFigures {
  readonly rows: readonly RowFigures[];
  /** By sort: which tasks' specialists beat their probe in accuracy, with the paired interval of the difference. */
  readonly gains: Readonly<Record<string, readonly TaskGain[]>>;
}

export interface TaskGain extends Estimate {
  readonly task: string;
  /** The interval lies above 0. */
  readonly beatsProbe: boolean;
}

export interface FiguresOptions {
  readonly seeds: number;
  readonly resamples: number;
}

/** All figures of a table from the scores of its rows. */
export function tableFigures(
  rows: readonly ScoredRow[],
  tasks: readonly TableTask[],
  options: FiguresOptions,
): TableFigures {
  const resampled = resampleTable(rows, tasks, options);
  const names = tasks.map(({ name }) => name);
  const probe = rows.find(({ method }) => method === 'probe')?.id;
  const specialistsOf = (row: ScoredRow) =>
    (
      rows.find(({ method, sort }) => method === 'specialists' && sort === row.sort && sort !== null) ??
      // A joint model has no specialists of its own: it is held against those that are trained alike.
      rows.find(
        ({ method, trainedAs }) => row.method === 'joint' && method === 'specialists' && trainedAs === row.trainedAs,
      )
    )?.id;
  const referenceOf = (row: ScoredRow) => {
    if (isReference(row)) return undefined;
    const own = rows.find((other) => isReference(other) && other.sort === row.sort);
    return (own ?? rows.find((other) => isReference(other) && other.trainedAs === (row.trainedAs ?? 'paper')))?.id;
  };

  const figures = rows.map((row): RowFigures => {
    const reference = referenceOf(row);
    const kept = (metric: TableMetric) =>
      keptOf(resampled, names, metric, { row: row.id, specialists: specialistsOf(row), probe });
    return {
      plan: row,
      tasks: Object.fromEntries(
        tasks.flatMap((task) => {
          const one = taskFigures(resampled, row, task, specialistsOf(row), reference);
          return one ? [[task.name, one]] : [];
        }),
      ),
      mean: meanOver(resampled, row.id, names, 'acc'),
      meanAuc: meanOver(resampled, row.id, names, 'auc'),
      kept: kept('acc'),
      keptAuc: kept('auc'),
      overMedLego: reference === undefined ? null : meanDifference(resampled, row.id, reference, names, 'acc'),
      overMedLegoAuc: reference === undefined ? null : meanDifference(resampled, row.id, reference, names, 'auc'),
    };
  });
  const sorts = [...new Set(rows.flatMap(({ sort }) => (sort === null ? [] : [sort])))];
  return {
    rows: withHolm(figures),
    gains: Object.fromEntries(
      sorts.flatMap((sort) => {
        const specialists = rows.find((row) => row.method === 'specialists' && row.sort === sort);
        if (!specialists || !probe) return [];
        return [[sort, names.flatMap((task) => gainOf(resampled, specialists.id, probe, task) ?? [])]];
      }),
    ),
  };
}

function gainOf(resampled: Resampled, specialists: string, probe: string, task: string): TaskGain | null {
  const difference = taskDifference(resampled, specialists, probe, task, 'acc');
  return difference && { task, ...difference, beatsProbe: (difference.interval?.[0] ?? -1) > 0 };
}

function taskFigures(
  resampled: Resampled,
  row: ScoredRow,
  { name, dataset }: TableTask,
  specialists: string | undefined,
  reference: string | undefined,
): TaskFigures | null {
  const acc = resampled.of(row.id, name, 'acc');
  const auc = resampled.of(row.id, name, 'auc');
  const perSeed = resampled.perSeed(row.id, name);
  if (!acc || !auc || !perSeed) return null;
  const meanOf = (
    of: (statistic: CaseStatistics) => number | null | undefined,
    from: readonly CaseStatistics[] = perSeed,
  ) => {
    const values = from.map(of);
    return values.some((value) => value === null || value === undefined)
      ? null
      : values.reduce<number>((sum, value) => sum + value!, 0) / values.length;
  };
  const own = specialists === undefined ? null : resampled.perSeed(specialists, name);
  const isWilson = !isMultiLabel(dataset.task.kind);
  return {
    acc: acc.value,
    interval: isWilson
      ? wilsonIntervalOfShare(Math.min(1, acc.value), dataset.splits.test.count)
      : estimate(acc.value, acc.resampled).interval,
    accPerSeed: perSeed.map(({ acc: of }) => of()!),
    auc: Number.isFinite(auc.value) ? auc.value : null,
    aucInterval: estimate(auc.value, auc.resampled).interval,
    accSubset: meanOf(({ accSubset }) => accSubset?.()),
    ece: meanOf(({ ece }) => ece()),
    eceBefore: row.isMerge && own ? meanOf(({ ece }) => ece(), own) : null,
    overMedLego: reference === undefined ? null : taskDifference(resampled, row.id, reference, name, 'acc'),
  };
}

function taskDifference(
  resampled: Resampled,
  a: string,
  b: string,
  task: string,
  metric: TableMetric,
): Difference | null {
  const [first, second] = [resampled.of(a, task, metric), resampled.of(b, task, metric)];
  if (!first || !second) return null;
  const differences = first.resampled.map((value, at) => value - second.resampled[at]!);
  return {
    ...estimate(first.value - second.value, differences),
    p: bootstrapP(first.value - second.value, differences),
    pHolm: null,
  };
}

function meanDifference(
  resampled: Resampled,
  a: string,
  b: string,
  tasks: readonly string[],
  metric: TableMetric,
): Difference | null {
  const [first, second] = [a, b].map((id) => meanSeries(resampled, id, tasks, metric));
  if (!first || !second) return null;
  const differences = first.resampled.map((value, at) => value - second.resampled[at]!);
  return {
    ...estimate(first.value - second.value, differences),
    p: bootstrapP(first.value - second.value, differences),
    pHolm: null,
  };
}

function meanOver(resampled: Resampled, id: string, tasks: readonly string[], metric: TableMetric): Estimate {
  const series = meanSeries(resampled, id, tasks, metric);
  return series ? estimate(series.value, series.resampled) : { value: null, interval: null };
}

/** Mean over all tasks; null for a row that lacks one. */
function meanSeries(resampled: Resampled, id: string, tasks: readonly string[], metric: TableMetric) {
  const all = tasks.map((task) => resampled.of(id, task, metric));
  if (all.some((one) => one === null)) return null;
  const mean = (of: (one: NonNullable<(typeof all)[number]>) => number) =>
    all.reduce((sum, one) => sum + of(one!), 0) / all.length;
  return {
    value: mean(({ value }) => value),
    resampled: Float64Array.from({ length: resampled.resamples }, (_, at) => mean((one) => one.resampled[at]!)),
  };
}

/** Holm over all rows: the means by accuracy, the means by AUC, and the single tasks, each as a family of its own. */
function withHolm(rows: readonly RowFigures[]): RowFigures[] {
  const adjust = (all: readonly (Difference | null)[]) => {
    const adjusted = holmAdjust(all.flatMap((one) => one?.p ?? []));
    let next = 0;
    return all.map((one) => one && (one.p === null ? one : { ...one, pHolm: adjusted[next++]! }));
  };
  const means = adjust(rows.map(({ overMedLego }) => overMedLego));
  const aucs = adjust(rows.map(({ overMedLegoAuc }) => overMedLegoAuc));
  const cells = adjust(rows.flatMap(({ tasks }) => Object.values(tasks).map(({ overMedLego }) => overMedLego)));
  let next = 0;
  return rows.map((row, at) => ({
    ...row,
    overMedLego: means[at]!,
    overMedLegoAuc: aucs[at]!,
    tasks: Object.fromEntries(
      Object.entries(row.tasks).map(([task, one]) => [task, { ...one, overMedLego: cells[next++]! }]),
    ),
  }));
}

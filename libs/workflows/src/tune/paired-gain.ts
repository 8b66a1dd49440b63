import { metricStatistics, percentileInterval, resampleCases, type Interval, type MetricName } from '@medlego/metrics';
import type { TaskScoreTensors } from '../candidates/candidate-scorer.ts';
import { casesOf, type TaskLabels, type TuneMetric } from './objective.ts';

export interface PairedGain {
  /** Mean over tasks of a - b, so that above 0 `a` is better (of minus the loss for `loss`). */
  readonly difference: number;
  /** 95 %; null where no resample defines it. */
  readonly interval: Interval | null;
  readonly perTask: Readonly<Record<string, { readonly difference: number; readonly interval: Interval | null }>>;
}

const statisticNames = { acc: 'acc', auc: 'auc_mean_of_defined', loss: 'log_loss' } as const satisfies Record<
  TuneMetric,
  MetricName
>;

/**
 * The mean over tasks of a metric's difference between two models on the same images, with a paired bootstrap: images are drawn with
 * replacement within each task, the same ones for both models, and the tasks' differences are averaged resample by resample.
 */
export function pairedGain(
  labels: Readonly<Record<string, TaskLabels>>,
  a: TaskScoreTensors,
  b: TaskScoreTensors,
  { metric, seed, resamples = 1000 }: { metric: TuneMetric; seed: number; resamples?: number },
): PairedGain {
  const name = statisticNames[metric];
  const sign = metric === 'loss' ? -1 : 1;
  const tasks = Object.keys(labels).map((task, index) => {
    const [casesA, casesB] = [casesOf(labels[task]!, a[task]!), casesOf(labels[task]!, b[task]!)];
    const [ofA, ofB] = [metricStatistics(casesA)[name]!, metricStatistics(casesB)[name]!];
    const subtract = (x: number | null, y: number | null) => (x === null || y === null ? null : sign * (x - y));
    const drawn: (number | null)[] = [];
    for (const counts of resampleCases(casesA.n, { seed: seed + index, resamples }))
      drawn.push(subtract(ofA(counts), ofB(counts)));
    return { task, difference: subtract(ofA(), ofB()) ?? 0, drawn };
  });
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const defined = (values: readonly (number | null)[]): number[] => values.flatMap((value) => value ?? []);
  const means = Array.from({ length: resamples }, (_, sample) => {
    const row = defined(tasks.map(({ drawn }) => drawn[sample] ?? null));
    return row.length < tasks.length ? null : mean(row);
  });
  return {
    difference: mean(tasks.map(({ difference }) => difference)),
    interval: percentileInterval(defined(means)),
    perTask: Object.fromEntries(
      tasks.map(({ task, difference, drawn }) => [task, { difference, interval: percentileInterval(defined(drawn)) }]),
    ),
  };
}

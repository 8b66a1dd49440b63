import type { Interval } from '@medlego/metrics';
import { estimate, type Estimate } from './intervals.ts';
import type { Resampled, TableMetric, TaskEstimates } from './resample.ts';

/** How much of its specialists a row keeps, by one metric. All null where the row has no specialists to be held against. */
export interface Kept {
  /** Mean over tasks of row / specialist. It can be had for nothing: read it with the gain kept. */
  readonly retention: Estimate;
  /** Sum of (row − probe) over sum of (specialist − probe), over the tasks whose specialist beats its probe (paired interval). */
  readonly gain: Estimate;
  /** The same over all tasks; only meaningful where the sum of gains is well above 0. */
  readonly gainAll: Estimate;
  /** Mean over all tasks of row − probe: what a hospital gets beyond no adapter at all. */
  readonly overProbe: Estimate;
  /** Tasks that count for `gain`. */
  readonly counted: readonly string[];
  /** Mean over the counted tasks of the row itself. */
  readonly countedMean: Estimate;
}

const nothing: Estimate = { value: null, interval: null };

/** Gains whose sum is below this are rounding and not a denominator. */
const noGain = 1e-9;

export function keptOf(
  resampled: Resampled,
  tasks: readonly string[],
  metric: TableMetric,
  ids: { readonly row: string; readonly specialists: string | undefined; readonly probe: string | undefined },
): Kept {
  const of = (id: string | undefined) =>
    id === undefined ? tasks.map(() => null) : tasks.map((task) => resampled.of(id, task, metric));
  const [row, specialists, probe] = [of(ids.row), of(ids.specialists), of(ids.probe)];
  const whole = (list: readonly (TaskEstimates | null)[]) => list.every((one) => one !== null);
  if (!whole(row))
    return {
      retention: nothing,
      gain: nothing,
      gainAll: nothing,
      overProbe: nothing,
      counted: [],
      countedMean: nothing,
    };

  const series = (value: (at: (list: readonly (TaskEstimates | null)[], task: number) => number) => number): Estimate =>
    estimate(
      value((list, task) => list[task]!.value),
      Float64Array.from({ length: resampled.resamples }, (_, b) => value((list, task) => list[task]!.resampled[b]!)),
    );
  const all = tasks.map((_, at) => at);
  const sum = (among: readonly number[], term: (task: number) => number) =>
    among.reduce((total, task) => total + term(task), 0);
  const hasOwn = whole(specialists);
  const hasProbe = whole(probe);
  const counted =
    hasOwn && hasProbe ? all.filter((task) => (gainInterval(specialists[task]!, probe[task]!)?.[0] ?? 0) > 0) : [];
  const gain = (among: readonly number[]) =>
    hasOwn && hasProbe && among.length > 0
      ? series((at) => {
          const gains = sum(among, (task) => at(specialists, task) - at(probe, task));
          return gains > noGain ? sum(among, (task) => at(row, task) - at(probe, task)) / gains : NaN;
        })
      : nothing;
  return {
    retention: hasOwn
      ? series((at) => sum(all, (task) => at(row, task) / at(specialists, task)) / tasks.length)
      : nothing,
    gain: gain(counted),
    gainAll: gain(all),
    overProbe: hasProbe ? series((at) => sum(all, (task) => at(row, task) - at(probe, task)) / tasks.length) : nothing,
    counted: counted.map((task) => tasks[task]!),
    countedMean: counted.length > 0 ? series((at) => sum(counted, (task) => at(row, task)) / counted.length) : nothing,
  };
}

const gainInterval = (specialist: TaskEstimates, probe: TaskEstimates): Interval | null =>
  estimate(
    specialist.value - probe.value,
    specialist.resampled.map((value, at) => value - probe.resampled[at]!),
  ).interval;

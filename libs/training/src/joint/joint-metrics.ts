import { float32, type HostTensor } from '@medlego/tensors';
import type { EpochMetrics } from '../checkpoint/checkpoint.ts';

type Rows = HostTensor<'float32'>;

/** The columns of one task among those of all: `of` cuts them out, `into` puts them in their place between `filler`. */
export function columnsOf(
  widths: readonly number[],
  index: number,
): { of(rows: Rows): Rows; into(rows: Rows, filler: number): Rows } {
  const total = widths.reduce((sum, width) => sum + width, 0);
  const width = widths[index]!;
  const first = widths.slice(0, index).reduce((sum, other) => sum + other, 0);
  const copy = (rows: Rows, from: number, to: number, [fromWidth, toWidth]: [number, number], filler: number): Rows => {
    const count = rows.shape[0]!;
    const data = new Float32Array(count * toWidth).fill(filler);
    for (let row = 0; row < count; row++)
      data.set(rows.data.subarray(row * fromWidth + from, row * fromWidth + from + width), row * toWidth + to);
    return float32([count, toWidth], data);
  };
  return {
    of: (rows) => (widths.length === 1 ? rows : copy(rows, first, 0, [total, width], 0)),
    into: (rows, filler) => (widths.length === 1 ? rows : copy(rows, 0, first, [width, total], filler)),
  };
}

/**
 * Mean over tasks of each metric, by the metric's name, and each task's own as `<metric>.<task>`. A metric that a task does not have
 * (an AUC without one of its classes) is left out of the mean; null where no task has it.
 */
export function meanMetrics(byTask: Readonly<Record<string, EpochMetrics>>): EpochMetrics {
  const all = Object.entries(byTask);
  const names = [...new Set(all.flatMap(([, metrics]) => Object.keys(metrics)))];
  const means = names.map((name): [string, number | null] => {
    const values = all.map(([, metrics]) => metrics[name] ?? null).filter((value) => value !== null);
    return [name, values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null];
  });
  const own = all.flatMap(([task, metrics]) =>
    Object.entries(metrics).map(([name, value]): [string, number | null] => [`${name}.${task}`, value]),
  );
  return Object.fromEntries([...means, ...own]);
}

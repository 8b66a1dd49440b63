import { headWidth, type Task } from '@medlego/tasks';
import { type Split } from './dataset.ts';

/** Writes the target of row `from` as row `to` of `out` (float32 `[rows, K]`, zeros before). */
export function writeTarget(
  task: Pick<Task, 'kind' | 'labels'>,
  { labels, labelWidth }: Pick<Split, 'labels' | 'labelWidth'>,
  from: number,
  out: Float32Array,
  to: number,
): void {
  const width = headWidth(task);
  if (task.kind === 'multi-label, binary-class')
    for (let label = 0; label < width; label++) out[to * width + label] = labels[from * labelWidth + label]!;
  else out[to * width + labels[from]!] = 1;
}

/** Targets of a whole split: float32 `[count, K]`, one-hot, or 0/1 per label of a multi-label task. */
export function targetsOf(task: Pick<Task, 'kind' | 'labels'>, split: Split): Float32Array {
  const out = new Float32Array(split.count * headWidth(task));
  for (let row = 0; row < split.count; row++) writeTarget(task, split, row, out, row);
  return out;
}

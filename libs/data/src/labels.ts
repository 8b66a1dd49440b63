import { CountMismatchError, LabelRangeError, ShapeMismatchError } from '@medlego/errors';
import { type Task } from '@medlego/tasks';

interface LabelRows {
  readonly count: number;
  readonly labels: Int32Array;
  readonly labelWidth: number;
}

/** Columns of a task's label array: one class index, or 0/1 for each label of a multi-label task. */
export const labelWidthOf = (task: Pick<Task, 'kind' | 'labels'>): number =>
  task.kind === 'multi-label, binary-class' ? task.labels.length : 1;

/**
 * Checks that every label is one that the task has.
 *
 * @throws ShapeMismatchError for the wrong number of columns, CountMismatchError, LabelRangeError naming the first bad row
 */
export function assertLabels(
  task: Pick<Task, 'kind' | 'labels'>,
  { count, labels, labelWidth }: LabelRows,
  { source, split }: { source: string; split: string },
): void {
  const width = labelWidthOf(task);
  if (labelWidth !== width)
    throw new ShapeMismatchError({
      param: `${source}: ${split}_labels of a ${task.kind} task`,
      expected: [count, width],
      actual: [count, labelWidth],
    });
  if (labels.length !== count * width)
    throw new CountMismatchError({ source, split, images: count, labels: labels.length / width });
  const isMultiLabel = task.kind === 'multi-label, binary-class';
  const classes = isMultiLabel ? 2 : task.labels.length;
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index]!;
    if (label >= 0 && label < classes) continue;
    throw new LabelRangeError({
      source,
      split,
      row: Math.floor(index / width),
      expected: isMultiLabel ? `0 or 1 for ${task.labels[index % width]}` : `a class index from 0 to ${classes - 1}`,
      actual: String(label),
    });
  }
}

/** Images per class; for a multi-label task the images that carry each label. */
export function classCounts(task: Pick<Task, 'kind' | 'labels'>, { labels }: Pick<LabelRows, 'labels'>): number[] {
  const counts = task.labels.map(() => 0);
  if (task.kind === 'multi-label, binary-class')
    labels.forEach((label, index) => (counts[index % counts.length]! += label));
  else for (const label of labels) counts[label]!++;
  return counts;
}

/** Names of classes without an image; for a multi-label task labels that no image, or every image, carries. */
export function missingClasses(task: Pick<Task, 'kind' | 'labels'>, rows: LabelRows): string[] {
  const counts = classCounts(task, rows);
  const isMultiLabel = task.kind === 'multi-label, binary-class';
  return task.labels.filter((_, index) => counts[index] === 0 || (isMultiLabel && counts[index] === rows.count));
}

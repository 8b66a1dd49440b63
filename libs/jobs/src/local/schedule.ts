import type { JobResources } from '../job-spec.ts';

export interface Waiting {
  readonly priority: number;
  /** Order of submission. */
  readonly sequence: number;
  readonly resources: JobResources;
}

/**
 * Which of the waiting tasks start now, in order. A task that does not fit keeps its place: what it needs is set aside before
 * later ones are looked at, so small tasks fill gaps but never delay a large one that is ahead of them.
 */
export function chooseStarts<T extends Waiting>(waiting: readonly T[], free: JobResources): T[] {
  const left = { ...free };
  const starts: T[] = [];
  const inOrder = waiting.toSorted((a, b) => b.priority - a.priority || a.sequence - b.sequence);
  for (const task of inOrder) {
    if (missing(task.resources, left).length === 0) starts.push(task);
    for (const key of resourceKeys) left[key] = Math.max(0, left[key] - task.resources[key]);
    if (left.cores === 0 || left.memoryMb === 0) break;
  }
  return starts;
}

const resourceKeys = ['cores', 'memoryMb', 'gpus'] as const;

/** The resources of which more is wanted than there is. Cores come in fractions, whose sums are not exact. */
export const missing = (wanted: JobResources, available: JobResources): (keyof JobResources)[] =>
  resourceKeys.filter((key) => wanted[key] > available[key] + 1e-9);

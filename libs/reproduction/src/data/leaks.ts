import { checkDataset } from '@medlego/data';
import type { TableTask } from './open-tasks.ts';

/** Images that two splits of a task share, to the byte. */
export interface TaskLeaks {
  readonly task: string;
  readonly trainVal: number;
  readonly trainTest: number;
  readonly valTest: number;
  /** Sets of equal images with different labels. */
  readonly conflicts: number;
}

/** Counts images shared between splits, for the footer of every table. */
export const countLeaks = (tasks: readonly TableTask[]): TaskLeaks[] =>
  tasks.map(({ name, dataset }) => {
    const { leaks, conflicts } = checkDataset(dataset);
    const between = (a: string, b: string) =>
      leaks.find(({ splits }) => splits[0] === a && splits[1] === b)?.images ?? 0;
    return {
      task: name,
      trainVal: between('train', 'val'),
      trainTest: between('train', 'test'),
      valTest: between('val', 'test'),
      conflicts: conflicts.sets,
    };
  });

import type { ReportRow, ReportTask } from './report-data.ts';

export interface RowStyle {
  readonly title: string;
  /** For narrow places. */
  readonly short: string;
  /** Custom property with the row's colour, for light and dark. */
  readonly color: string;
  readonly meaning: string;
}

/** How each row is called, coloured and explained, everywhere in the report. */
export const rowStyles: Readonly<Record<ReportRow, RowStyle>> = {
  specialist: {
    title: 'Specialist',
    short: 'Specialist',
    color: 'var(--specialist)',
    meaning: 'One adapter and head trained for this task alone: what the merge starts from.',
  },
  generalist: {
    title: 'Generalist',
    short: 'Generalist',
    color: 'var(--generalist)',
    meaning: 'The one merged adapter, shared by all tasks, with the specialist’s head. No training, no images.',
  },
  unadapted: {
    title: 'Δ = 0',
    short: 'Δ = 0',
    color: 'var(--unadapted)',
    meaning:
      'The specialist’s head on the plain backbone, adapter removed: what a merge that forgets everything would give.',
  },
  probe: {
    title: 'Solved probe',
    short: 'Probe',
    color: 'var(--probe)',
    meaning: 'A linear head solved for the plain backbone: what the task gives without any adapter.',
  },
  majority: {
    title: 'Majority',
    short: 'Majority',
    color: 'var(--majority)',
    meaning:
      'Class frequencies of the training split for every image (all zeros for multi-label tasks): knows nothing.',
  },
};

export const taskTitle = (task: Pick<ReportTask, 'name' | 'title'>): string => task.title ?? task.name;

/** Anchor of a task's section. */
export const taskAnchor = (index: number): string => `task-${index + 1}`;

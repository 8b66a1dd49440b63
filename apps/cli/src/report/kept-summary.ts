import { type GainKept, gainKept, type Retention, retention, type TaskScores } from '@medlego/metrics';
import type { ReportData, ReportTask } from './report-data.ts';
import { taskTitle } from './rows.ts';

export interface KeptSummary {
  readonly retention: Retention;
  readonly gainKept: GainKept;
}

/** Retention and gain kept by one metric, over the tasks that have it for all of specialist, generalist and probe. */
export function summariseKept({ tasks }: ReportData, metric: 'acc' | 'auc'): KeptSummary {
  const rows = tasks.flatMap((task) => taskScores(task, metric) ?? []);
  return { retention: retention(rows), gainKept: gainKept(rows) };
}

function taskScores(task: ReportTask, metric: 'acc' | 'auc'): TaskScores | null {
  const of = (row: 'generalist' | 'specialist' | 'probe') => task.results[row]?.metrics[metric] ?? null;
  const [generalist, specialist, probe] = [of('generalist'), of('specialist'), of('probe')];
  if (generalist === null || specialist === null || probe === null) return null;
  const paired = task.comparisons?.find(
    (one) => one.metric === metric && one.row === 'specialist' && one.against === 'probe',
  );
  return { task: taskTitle(task), generalist, specialist, probe, specialistOverProbe: paired?.interval };
}

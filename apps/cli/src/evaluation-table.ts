import type { EvaluatedArtifact, EvaluationDocument, RowName } from '@medlego/workflows';
import type { Output } from './terminal/output.ts';

/** What is printed of an evaluation, wherever it was computed. */
export type PrintedEvaluation = Pick<EvaluatedArtifact, 'split' | 'retention' | 'gainKept' | 'headsRefitted'> & {
  readonly tasks: readonly {
    readonly task: { readonly name: string };
    readonly rows: EvaluatedArtifact['tasks'][number]['rows'];
  }[];
};

/** A report as it was kept. @param row which row the artifact's own figures are */
export const fromEvaluationDocument = (document: EvaluationDocument, row: RowName): PrintedEvaluation => ({
  ...(document as unknown as PrintedEvaluation),
  tasks: document.tasks.map(({ task, against, ...own }) => ({
    task: { name: task },
    rows: { ...against, [row]: own },
  })),
});

const rowOrder = ['generalist', 'specialist', 'unadapted', 'probe', 'majority'] as const;

/** Rows that were measured, the artifact's own first. */
export const measuredRows = ({ tasks }: Pick<PrintedEvaluation, 'tasks'>) =>
  rowOrder.filter((row) => tasks.some((task) => task.rows[row]));

/** 0.8123 → "81.2", with an interval "81.2 (79.0–83.3)"; "-" where it is not defined. */
export function figure(value: number | null | undefined, interval?: readonly number[] | null): string {
  if (value == null) return '-';
  const text = (100 * value).toFixed(1);
  return interval ? `${text} (${interval.map((end) => (100 * end).toFixed(1)).join('–')})` : text;
}

/** Cells of one metric: a row per task, a column per compared row. */
export const metricRows = (result: PrintedEvaluation, metric: 'acc' | 'auc'): string[][] =>
  result.tasks.map(({ task, rows }) => [
    task.name,
    String(Object.values(rows)[0]!.n),
    ...measuredRows(result).map((row) => figure(rows[row]?.metrics[metric], rows[row]?.intervals[metric])),
  ]);

/** What the merge kept, in sentences, with the tasks that say nothing about a merge named. */
export function keptLines({ retention, gainKept }: Pick<PrintedEvaluation, 'retention' | 'gainKept'>): string[] {
  if (!gainKept) return [];
  const pooled = gainKept.pooled === null ? 'not defined' : gainKept.pooled.toFixed(2);
  return [
    `Retention (mean of generalist / specialist): ${figure(retention?.mean)} %. It can be had for nothing: read it with the next line.`,
    `Gain kept over the linear probe (1 = all, 0 = nothing): ${pooled}, counted on ${gainKept.counted.join(', ') || 'no task'}.`,
    ...gainKept.leftOut.map(({ task, reason }) => `  left out: ${task} (${reason})`),
    ...(gainKept.uncertain.length > 0 ? [`  within chance: ${gainKept.uncertain.join(', ')}`] : []),
  ];
}

/** Prints accuracy and AUC with intervals, then what was kept. */
export function printEvaluation(out: Output, result: PrintedEvaluation): void {
  const columns = [
    { title: 'Task' },
    { title: 'n', align: 'right' as const },
    ...measuredRows(result).map((title) => ({ title, align: 'right' as const })),
  ];
  out.heading(`Accuracy on ${result.split}, % (95 % interval)`);
  out.table(columns, metricRows(result, 'acc'));
  out.heading(`AUC on ${result.split}, % (95 % interval)`);
  out.table(columns, metricRows(result, 'auc'));
  out.line();
  keptLines(result).forEach((line) => out.line(line));
  if (result.headsRefitted.length > 0)
    out.line(
      `Heads re-fitted on images after the merge: ${result.headsRefitted.join(', ')}. Not to be compared with data-free figures.`,
    );
}

import { type Html, percent, type PlotKit, three } from '@medlego/report';
import type { ReportRow, ReportTask } from '../report-data.ts';
import { rowStyles, taskTitle } from '../rows.ts';

/** Rows worth comparing closely; the majority would stretch the axis and stands in the table. */
const rows: readonly ReportRow[] = ['specialist', 'generalist', 'unadapted', 'probe'];

const axes = {
  acc: { title: 'Accuracy, %', scale: 100, narrowest: 2, say: (value: number) => `${percent(value)} %` },
  auc: { title: 'AUC', scale: 1, narrowest: 0.01, say: three },
} as const;

/** Estimates with intervals of one task and metric, one line per row, the probe as a reference line. */
export function intervalChart({ plot, draw }: PlotKit, task: ReportTask, metric: 'acc' | 'auc'): Html | null {
  const { title, scale, narrowest, say } = axes[metric];
  const marks = rows.flatMap((row) => {
    const value = task.results[row]?.metrics[metric];
    if (typeof value !== 'number') return [];
    const [lower, upper] = task.results[row]!.intervals[metric] ?? [value, value];
    const { short, color } = rowStyles[row];
    return [{ row: short, color, value: scale * value, lower: scale * lower, upper: scale * upper, text: say(value) }];
  });
  if (marks.length === 0) return null;
  const probe = task.results.probe?.metrics[metric];
  const upper = Math.max(...marks.map((mark) => mark.upper));
  const lower = Math.min(upper - narrowest, ...marks.map((mark) => mark.lower));
  return draw(
    {
      width: 256,
      height: 22 * rows.length + 44,
      marginLeft: 62,
      marginRight: 14,
      marginTop: 20,
      marginBottom: 24,
      x: {
        domain: [lower, upper],
        nice: 4,
        ticks: metric === 'acc' ? 4 : 3,
        label: null,
        grid: true,
        insetLeft: 4,
        insetRight: 4,
      },
      y: { domain: rows.map((row) => rowStyles[row].short), label: null, tickSize: 0 },
      color: { type: 'identity' },
      marks: [
        plot.text([title], {
          frameAnchor: 'top-left',
          dy: -18,
          fontWeight: 600,
          textAnchor: 'start',
          lineAnchor: 'top',
        }),
        ...(typeof probe === 'number'
          ? [plot.ruleX([scale * probe], { stroke: 'var(--probe)', strokeDasharray: '3 3' })]
          : []),
        plot.ruleY(marks, {
          y: 'row',
          x1: 'lower',
          x2: 'upper',
          stroke: 'color',
          strokeWidth: 2.5,
          strokeLinecap: 'round',
        }),
        plot.dot(marks, { y: 'row', x: 'value', r: 4.5, fill: 'color', stroke: 'var(--surface)', strokeWidth: 1.5 }),
      ],
    },
    `${taskTitle(task)}, ${title} with intervals: ${marks.map(({ row, text }) => `${row} ${text}`).join(', ')}`,
  );
}

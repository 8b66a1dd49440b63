import { type Html, percent, type PlotKit } from '@medlego/report';

export interface RetentionBar {
  readonly task: string;
  readonly metric: 'Accuracy' | 'AUC';
  readonly share: number;
}

/** Generalist / specialist per task and metric, as bars against the line of 100 %. */
export function retentionChart({ plot, draw }: PlotKit, bars: readonly RetentionBar[]): Html {
  const tasks = [...new Set(bars.map((bar) => bar.task))];
  const rows = bars.map(({ task, metric, share }) => ({ task, metric, share: 100 * share, label: percent(share) }));
  const longest = Math.max(...tasks.map((task) => task.length));
  const place = { y: 'metric', fy: 'task' } as const;
  return draw(
    {
      width: 400,
      height: 40 * tasks.length + 40,
      marginLeft: Math.min(190, 16 + 6.5 * longest),
      marginRight: 52,
      marginTop: 4,
      marginBottom: 36,
      x: {
        domain: [0, Math.max(105, ...rows.map((row) => row.share))],
        label: 'Generalist / specialist, %',
        labelAnchor: 'center',
        labelArrow: 'none',
        ticks: 5,
      },
      y: { domain: ['Accuracy', 'AUC'], axis: null, padding: 0.12 },
      fy: { domain: tasks, axis: 'left', label: null, padding: 0.2 },
      color: { domain: ['Accuracy', 'AUC'], range: ['var(--generalist)', 'var(--generalist-soft)'] },
      marks: [
        plot.barX(rows, { ...place, x: 'share', fill: 'metric' }),
        plot.ruleX([100], { stroke: 'currentColor', strokeDasharray: '3 3' }),
        plot.text(rows, {
          ...place,
          text: 'label',
          frameAnchor: 'right',
          textAnchor: 'end',
          dx: 46,
          fontVariant: 'tabular-nums',
        }),
      ],
    },
    'Share of the specialist’s figure that the generalist keeps: ' +
      rows.map(({ task, metric, label }) => `${task} ${metric} ${label} %`).join(', '),
  );
}

import type { Html, PlotKit } from '@medlego/report';

export interface KeptBar {
  readonly row: string;
  readonly value: number;
  readonly interval: readonly [number, number] | null;
  readonly isReference: boolean;
}

export interface KeptChartOptions {
  readonly label: string;
  /** Where "as good as" lies: 100 % for retention, 1 for gain kept, 0 for points over the probe. */
  readonly rule: number;
  readonly show: (value: number) => string;
}

/** One bar per row from zero, with its interval as a dark line; Med-LEGO's bar is dark, so that print needs no colour. */
export function keptChart(
  { plot, draw }: PlotKit,
  bars: readonly KeptBar[],
  { label, rule, show }: KeptChartOptions,
): Html {
  const rows = bars.map((bar) => ({
    ...bar,
    lower: bar.interval?.[0] ?? bar.value,
    upper: bar.interval?.[1] ?? bar.value,
    text: show(bar.value),
  }));
  const values = rows.map(({ value }) => value);
  const spread = Math.max(rule, ...values) - Math.min(0, ...values);
  // An interval of a ratio may be very wide: it is cut at the edge of the plot.
  const low = Math.max(Math.min(0, ...rows.map(({ lower }) => lower)), Math.min(0, ...values) - spread);
  const high = Math.min(Math.max(rule, ...rows.map(({ upper }) => upper)), Math.max(rule, ...values) + spread);
  const cut = rows.map((row) => ({ ...row, lower: Math.max(row.lower, low), upper: Math.min(row.upper, high) }));
  const longest = Math.max(...rows.map(({ row }) => row.length));
  return draw(
    {
      width: 560,
      height: 19 * rows.length + 46,
      marginLeft: Math.min(230, 18 + 6 * longest),
      marginRight: 48,
      marginTop: 6,
      marginBottom: 36,
      x: { domain: [low, high], label, labelAnchor: 'center', labelArrow: 'none', ticks: 6, grid: true },
      y: { domain: rows.map(({ row }) => row), label: null, tickSize: 0, padding: 0.25 },
      marks: [
        plot.barX(cut, {
          y: 'row',
          x: 'value',
          fill: (bar: KeptBar) => (bar.isReference ? 'var(--generalist)' : 'var(--generalist-soft)'),
        }),
        plot.ruleX([0], { stroke: 'currentColor' }),
        plot.ruleX([rule], { stroke: 'currentColor', strokeDasharray: '3 3' }),
        plot.ruleY(cut, { y: 'row', x1: 'lower', x2: 'upper', stroke: 'var(--text)', strokeWidth: 1.4 }),
        plot.text(cut, {
          y: 'row',
          text: 'text',
          frameAnchor: 'right',
          textAnchor: 'end',
          dx: 44,
          fontVariant: 'tabular-nums',
        }),
      ],
    },
    `${label}: ${rows.map(({ row, text }) => `${row} ${text}`).join(', ')}`,
  );
}

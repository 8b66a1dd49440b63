import type { Html, PlotKit } from '@medlego/report';

export interface SweepLine {
  readonly name: string;
  readonly points: readonly { readonly at: number; readonly perSeed: readonly number[] }[];
}

/** Tones and dashes of lines, in order: told apart without colour too. */
export const lineStyles = [
  { color: 'var(--generalist)', dash: undefined },
  { color: 'var(--specialist)', dash: '6 3' },
  { color: 'var(--probe)', dash: '2 3' },
  { color: 'var(--unadapted)', dash: '8 3 2 3' },
  { color: 'var(--majority)', dash: '1 2' },
] as const;

export interface SweepChartOptions {
  readonly x: string;
  readonly y: string;
  readonly width?: number;
  readonly height?: number;
}

/** Means over seeds as lines with bands from the lowest to the highest seed, in per cent. */
export function sweepChart({ plot, draw }: PlotKit, lines: readonly SweepLine[], options: SweepChartOptions): Html {
  const { x, y, width = 520, height = 250 } = options;
  const drawn = lines.map((line, index) => ({
    ...lineStyles[index % lineStyles.length]!,
    name: line.name,
    points: line.points.map(({ at, perSeed }) => ({
      at,
      mean: (100 * perSeed.reduce((sum, value) => sum + value, 0)) / perSeed.length,
      low: 100 * Math.min(...perSeed),
      high: 100 * Math.max(...perSeed),
    })),
  }));
  const lows = drawn.flatMap(({ points }) => points.map(({ low }) => low));
  const highs = drawn.flatMap(({ points }) => points.map(({ high }) => high));
  // Lines that hardly move get an axis of a point at least, so that rounding does not look like a change.
  const middle = (Math.min(...lows) + Math.max(...highs)) / 2;
  const half = Math.max(0.5, (Math.max(...highs) - Math.min(...lows)) / 2);
  return draw(
    {
      width,
      height,
      marginLeft: 44,
      marginRight: 16,
      marginTop: 26, // the label of y stands above its topmost tick
      marginBottom: 38,
      x: { label: x, labelAnchor: 'center', labelArrow: 'none', ticks: 8 },
      y: { domain: [middle - half, middle + half], label: y, nice: true, ticks: 6, grid: true, labelArrow: 'none' },
      marks: drawn.flatMap(({ points, color, dash }) => [
        plot.areaY(points, { x: 'at', y1: 'low', y2: 'high', fill: color, fillOpacity: 0.16 }),
        plot.lineY(points, { x: 'at', y: 'mean', stroke: color, strokeWidth: 2, strokeDasharray: dash }),
        plot.dot(points, { x: 'at', y: 'mean', r: 2.4, fill: color }),
      ]),
    },
    `${y} against ${x}: ${drawn.map(({ name, points }) => `${name} ${points.map(({ at, mean }) => `${at}: ${mean.toFixed(1)}`).join(', ')}`).join('; ')}`,
  );
}

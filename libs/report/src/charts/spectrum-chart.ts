import type { Html } from '../html.ts';

import type { PlotKit } from './plot-kit.ts';

/** A module's singular values, largest first, of which the first k were kept. */
export interface Spectrum {
  readonly module: string;
  readonly k: number;
  readonly singularValues: readonly number[];
}

/** Bars beyond this many are not told apart at this size. */
const mostBars = 48;

/** Singular values of one module's merged update, largest first; those that the cut keeps in full colour. */
export function spectrumChart({ plot, draw }: PlotKit, { module, k, singularValues }: Spectrum): Html {
  const bars = singularValues.slice(0, mostBars).map((value, at) => ({ at: at + 1, value, isKept: at < k }));
  return draw(
    {
      width: 168,
      height: 78,
      margin: 2,
      marginBottom: 4,
      x: { type: 'band', axis: null, domain: bars.map((bar) => bar.at), padding: 0.18 },
      y: { axis: null, domain: [0, Math.max(Number.MIN_VALUE, singularValues[0] ?? 0)] },
      color: { type: 'identity' },
      marks: [
        plot.barY(bars, {
          x: 'at',
          y: 'value',
          fill: (bar: { isKept: boolean }) => (bar.isKept ? 'var(--generalist)' : 'var(--faint)'),
        }),
        plot.ruleY([0], { stroke: 'var(--line)' }),
      ],
    },
    `${module}: ${k} of ${singularValues.length} singular values kept`,
  );
}

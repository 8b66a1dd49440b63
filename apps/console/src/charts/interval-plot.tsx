import { intervalText, percent } from '../format.ts';

export interface IntervalPoint {
  /** Row name: `generalist`, `specialist`, `probe`. */
  readonly row: string;
  readonly value: number;
  readonly interval: readonly [number, number] | null;
}

interface IntervalPlotProps {
  readonly points: readonly IntervalPoint[];
  /** What all values are: `accuracy of breast`. */
  readonly label: string;
}

const height = 18;
const x = (value: number) => `${(100 * value).toFixed(2)}%`;

/** Dots with their 95 % intervals on a scale from 0 to 100 %, one line per row. The numbers are in the label, for all readers. */
export function IntervalPlot({ points, label }: IntervalPlotProps) {
  const words = points.map(({ row, value, interval }) => `${row} ${percent(value)} (${intervalText(interval)})`);
  return (
    <svg class="intervals" role="img" aria-label={`${label}: ${words.join(', ')}`} height={points.length * height + 6}>
      {[0, 0.25, 0.5, 0.75, 1].map((tick) => (
        <line key={tick} class="grid" x1={x(tick)} x2={x(tick)} y1="0" y2="100%" />
      ))}
      {points.map(({ row, value, interval }, index) => {
        const y = index * height + height / 2 + 3;
        return (
          <g key={row} class={`row-${row}`}>
            {interval && <line class="range" x1={x(interval[0])} x2={x(interval[1])} y1={y} y2={y} />}
            <circle cx={x(value)} cy={y} r="5" />
            <title>{`${row}: ${percent(value)}, 95 % interval ${intervalText(interval)}`}</title>
          </g>
        );
      })}
    </svg>
  );
}

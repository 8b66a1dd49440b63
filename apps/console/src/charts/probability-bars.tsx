import { percent } from '../format.ts';
import { ranked } from '../probabilities.ts';

interface ProbabilityBarsProps {
  readonly probabilities: Readonly<Record<string, number>>;
  /** Several labels can be true at once. */
  readonly multiLabel: boolean;
}

const shown = 6;

/** One bar per label, the likeliest first; long lists fold after a few. */
export function ProbabilityBars({ probabilities, multiLabel }: ProbabilityBarsProps) {
  const rows = ranked(probabilities);
  const bars = (from: number, to?: number) =>
    rows.slice(from, to).map(([label, value], index) => (
      <li key={label} class={(multiLabel ? value >= 0.5 : from + index === 0) ? 'bar chosen' : 'bar'}>
        <span class="bar-label">{label}</span>
        <span class="bar-track" aria-hidden="true">
          <span style={{ width: `${100 * value}%` }} />
        </span>
        <span class="bar-value" data-value={value}>
          {percent(value)}
        </span>
      </li>
    ));
  return (
    <>
      <ol class="bars">{bars(0, shown)}</ol>
      {rows.length > shown && (
        <details>
          <summary>{rows.length - shown} more</summary>
          <ol class="bars" start={shown + 1}>
            {bars(shown)}
          </ol>
        </details>
      )}
    </>
  );
}

import { html, magnitude, spectrumChart, type Html, type PlotKit } from '@medlego/report';
import type { ResultsDocument, RowDocument } from '../results-document.ts';
import { rowTitle, type TableBlock } from '../row-titles.ts';
import { shareTable, signedTable } from './heat-table.ts';
import { keptChart, type KeptBar, type KeptChartOptions } from './kept-chart.ts';
import { lineLegend } from './legend.ts';
import { sweepChart } from './sweep-chart.ts';

/** Bars of what every merge of a block keeps. */
export function keptFigures(kit: PlotKit, { rows }: TableBlock): Html | null {
  const merges = rows.filter(({ isMerge }) => isMerge);
  const figure = (
    title: string,
    of: (row: RowDocument) => number | null,
    interval: (row: RowDocument) => readonly [number, number] | null,
    scale: number,
    options: KeptChartOptions,
  ): Html | null => {
    const bars = merges.flatMap((row): KeptBar[] => {
      const value = of(row);
      const ends = interval(row);
      if (value === null) return [];
      return [
        {
          row: rowTitle(row),
          value: scale * value,
          interval: ends && [scale * ends[0], scale * ends[1]],
          isReference: row.isReference,
        },
      ];
    });
    if (bars.length === 0) return null;
    return html`<figure class="card">
      <h3>${title}</h3>
      ${keptChart(kit, bars, options)}
    </figure>`;
  };
  const digits = (count: number) => (value: number) => value.toFixed(count).replace('-', '−');
  return html`<div class="figures two">
    ${figure(
      'Retention',
      (row) => row.retention,
      (row) => row.retentionInterval,
      100,
      { label: 'Merge / specialist, %', rule: 100, show: digits(1) },
    )}
    ${figure(
      'Gain kept',
      (row) => row.gainKept,
      (row) => row.gainKeptInterval,
      1,
      { label: '(merge − probe) / (specialist − probe)', rule: 1, show: digits(2) },
    )}
    ${figure(
      'Over the solved probe',
      (row) => row.overProbe,
      (row) => row.overProbeInterval,
      100,
      { label: 'Mean accuracy minus the probe’s, points', rule: 0, show: digits(1) },
    )}
  </div>`;
}

/** Rank and threshold sweeps, interference, energy and spectra of one sort. */
export function sortFigures(kit: PlotKit, document: ResultsDocument, sort: string): Html | null {
  const plots = document.plots.find((one) => one.sort === sort);
  if (!plots) return null;
  const tasks = document.tasks.map(({ task, title }) => ({ key: task, title }));
  const { modules, totals } = plots.report;
  const cosine = (a: string, b: string) =>
    totals.pairs.find((pair) => (pair.a === a && pair.b === b) || (pair.a === b && pair.b === a))?.update;
  const change = plots.interference?.change;
  const largest = Math.max(0.01, ...Object.values(change ?? {}).flatMap((row) => Object.values(row).map(Math.abs)));
  const sweep = (title: string, x: string, points: typeof plots.ranks) =>
    points.length > 1 &&
    html`<figure class="card">
      <h3>${title}</h3>
      ${sweepChart(kit, [{ name: 'Med-LEGO', points }], { x, y: 'Mean accuracy, %' })}
      ${lineLegend(['mean over seeds; band: lowest to highest seed'])}
    </figure>`;
  return html`<div class="figures two">
      ${sweep('Accuracy against rank', 'Most triplets kept per module', plots.ranks)}
      ${sweep('Accuracy against v', 'v, share of the sum of singular values', plots.thresholds)}
      ${
        change &&
        html`<figure class="card">
          <h3>Interference: accuracy of the row’s task when the column’s is merged in, points</h3>
          <div class="scroll">
            ${signedTable({ rows: tasks, columns: tasks, value: (a, b) => change[a]?.[b] }, largest, 1, 100)}
          </div>
          <figcaption>Merge of two by Med-LEGO, minus the specialist alone; mean over seeds.</figcaption>
        </figure>`
      }
      <figure class="card">
        <h3>Cosine between updates, in hundredths</h3>
        <div class="scroll">
          ${signedTable({ rows: tasks, columns: tasks, value: (a, b) => (a === b ? null : cosine(a, b)) }, 0.5, 0, 100)}
        </div>
        <figcaption>
          ⟨X, Y⟩ / (‖X‖ ‖Y‖) over all modules, first seed. Near 0: the tasks use different directions.
        </figcaption>
      </figure>
    </div>
    <div class="card">
      <h3>Energy kept per task, %</h3>
      <p class="small">
        Share of each specialist’s squared norm in the directions that Med-LEGO’s cut keeps, first seed.
      </p>
      <div class="scroll">
        ${shareTable({
          rows: tasks,
          columns: [
            ...modules.map(({ module }) => ({ key: module, title: shortModule(module) })),
            { key: '', title: 'all' },
          ],
          value: (task, module) =>
            module === '' ? totals.perTask[task] : modules.find((one) => one.module === module)?.perTask[task],
        })}
      </div>
    </div>
    <div class="card">
      <h3>Singular values per module</h3>
      <p class="small">
        Med-LEGO’s merge of the first seed; kept triplets in full colour, heights relative to the largest.
      </p>
      <div class="spectra">
        ${modules.map(
          (module) =>
            html`<figure>
              <b class="small">${shortModule(module.module)}</b>
              ${spectrumChart(kit, module)}
              <figcaption>
                k = ${module.k} of ${module.singularValues.length}, σ₁ = ${magnitude(module.singularValues[0] ?? 0)}
              </figcaption>
            </figure>`,
        )}
      </div>
    </div>`;
}

/** "blocks.0.attn.q" as "0 q". */
const shortModule = (module: string): string => module.replace(/^blocks\.(\d+)\.(?:attn|mlp)\.(\w+)$/, '$1 $2');

import { html, percent, pValue, range, signed, three, type Html } from '@medlego/report';
import { gain, points } from '../format.ts';
import type { ResultsDocument, RowDocument } from '../results-document.ts';
import { refittedOf, rowTitle, type TableBlock } from '../row-titles.ts';

type Interval = readonly [number, number] | null | undefined;
type Show = (value: number | null | undefined) => string;

/** Accuracy or AUC of one block of rows; the best merge of every column is underlined. */
export function resultsTable(document: ResultsDocument, { rows, title }: TableBlock, metric: 'acc' | 'auc'): Html {
  const { tasks } = document;
  const isAcc = metric === 'acc';
  const show: Show = isAcc ? percent : three;
  const merges = rows.filter(({ isMerge, tuned }) => isMerge && !tuned);
  const best = (of: (row: RowDocument) => number | null | undefined): string | undefined =>
    merges.reduce<RowDocument | undefined>((a, b) => (((a && of(a)) ?? -1) >= (of(b) ?? -1) ? a : b), undefined)?.id;
  const meanOf = (row: RowDocument) => (isAcc ? row.mean : row.meanAuc);
  const bests = new Map([
    ...tasks.map(({ task }) => [task, best((row) => row.tasks[task]?.[metric])] as const),
    ['mean', best(meanOf)] as const,
  ]);
  const value = (column: string, row: RowDocument, of: number | null | undefined, interval: Interval) =>
    html`<td class="${bests.get(column) === row.id && merges.length > 1 && 'best'}">${cell(of, interval, show)}</td>`;
  return html`<div class="scroll">
    <table class="numbers wide dense" aria-label="${title}, ${isAcc ? 'accuracy' : 'AUC'}">
      <thead>
        <tr>
          <th scope="col">${isAcc ? 'Accuracy, %' : 'AUC'}</th>
          ${tasks.map((task) => html`<th scope="col" class="n">${task.title}<span class="sub">n = ${task.n}</span></th>`)}
          <th scope="col" class="n">Mean</th>
          ${(isAcc ? ['Retention, %', 'Gain kept', 'Over probe', 'Over Med-LEGO', 'Heads re-fitted'] : ['Retention, %', 'Gain kept', 'Over Med-LEGO']).map((name) => html`<th scope="col" class="n">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => {
          const over = isAcc ? row.overMedLego : row.overMedLegoAuc;
          const kind = row.method === 'med-lego' && !row.tuned ? 'reference' : row.isMerge ? '' : 'fixed';
          return html`<tr class="${kind}">
            <th scope="row" title="${row.method}${row.space && `, ${String(row.space)}`}">${rowTitle(row)}</th>
            ${tasks.map(({ task }) => {
              const one = row.tasks[task];
              return value(task, row, one?.[metric], isAcc ? one?.interval : one?.aucInterval);
            })}
            ${value('mean', row, meanOf(row), isAcc ? row.meanInterval : row.meanAucInterval)}
            <td>${isAcc ? cell(row.retention, row.retentionInterval, percent) : percent(row.retentionAuc)}</td>
            <td>${isAcc ? cell(row.gainKept, row.gainKeptInterval, gain) : gain(row.gainKeptAuc)}</td>
            ${isAcc && html`<td>${cell(row.overProbe, row.overProbeInterval, points)}</td>`}
            <td>
              ${over && html`<span class="value">${isAcc ? points(over.difference) : signed(over.difference, 3, 1)}</span><span class="sub">${pValue(over.pHolm)}</span>`}
            </td>
            ${isAcc && html`<td>${percent(refittedOf(document, row)?.mean)}</td>`}
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

const cell = (value: number | null | undefined, interval: Interval, show: Show): Html =>
  html`<span class="value">${show(value)}</span
    ><span class="sub">${range(interval ? [...interval] : null, show)}</span>`;

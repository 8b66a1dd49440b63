import { html, percent, pValue, range, three, type Html } from '@medlego/report';
import { gain, points } from '../format.ts';
import type { ResultsDocument, RowDocument } from '../results-document.ts';
import { needsTask } from '../summary.ts';
import { refittedOf, rowTitle, type TableBlock } from '../row-titles.ts';

type Interval = readonly [number, number] | null | undefined;
type Show = (value: number | null | undefined) => string;

/** What rows are worth over all tasks. With `sorts` each row names the specialists that it is made from. */
export function overviewTable(
  document: ResultsDocument,
  rows: readonly RowDocument[],
  label: string,
  { sorts = false } = {},
): Html {
  const bests = new Map([
    ['mean', best(rows, (row) => row.mean)],
    ['auc', best(rows, (row) => row.meanAuc)],
  ]);
  const columns = [
    'Mean accuracy, %',
    'Mean AUC',
    'Retention, %',
    'Gain kept',
    'Over probe',
    'Over Med-LEGO',
    'Heads re-fitted',
  ];
  return html`<div class="scroll">
    <table class="numbers wide dense" aria-label="${label}">
      <thead>
        <tr>
          <th scope="col">Row</th>
          ${sorts && html`<th scope="col">Specialists</th>`}
          ${columns.map((name) => html`<th scope="col" class="n">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => {
          const over = row.overMedLego;
          const isBest = (column: string) => !sorts && bests.get(column) === row.id && 'best';
          return html`<tr class="${kindOf(row)}">
            ${head(row)}
            ${sorts && html`<td class="text">${row.sort === null ? '' : document.sorts[row.sort]!.title}</td>`}
            <td class="${isBest('mean')}">${cell(row.mean, row.meanInterval, percent)}</td>
            <td class="${isBest('auc')}">${cell(row.meanAuc, row.meanAucInterval, three)}</td>
            <td>${cell(row.retention, row.retentionInterval, percent)}</td>
            <td>${cell(row.gainKept, row.gainKeptInterval, gain)}</td>
            <td>${cell(row.overProbe, row.overProbeInterval, points)}</td>
            <td>
              ${over && html`<span class="value">${points(over.difference)}</span><span class="sub">${pValue(over.pHolm)}</span>`}
            </td>
            <td>${percent(refittedOf(document, row)?.mean)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

/** Accuracy or AUC of every task in one block of rows; the best merge of every column is underlined. */
export function tasksTable({ tasks }: ResultsDocument, { rows, title }: TableBlock, metric: 'acc' | 'auc'): Html {
  const isAcc = metric === 'acc';
  const show: Show = isAcc ? percent : three;
  const bests = new Map(tasks.map(({ task }) => [task, best(rows, (row) => row.tasks[task]?.[metric])]));
  return html`<div class="scroll">
    <table class="numbers wide dense" aria-label="${title}, ${isAcc ? 'accuracy' : 'AUC'} of every task">
      <thead>
        <tr>
          <th scope="col">${isAcc ? 'Accuracy, %' : 'AUC'}</th>
          ${tasks.map((task) => html`<th scope="col" class="n">${task.title}<span class="sub">n = ${task.n}</span></th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr class="${kindOf(row)}">
              ${head(row)}
              ${tasks.map(({ task }) => {
                const one = row.tasks[task];
                return html`<td class="${bests.get(task) === row.id && 'best'}">
                  ${cell(one?.[metric], isAcc ? one?.interval : one?.aucInterval, show)}
                </td>`;
              })}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

const kindOf = (row: RowDocument): string => (row.isReference ? 'reference' : row.isMerge ? '' : 'fixed');

const head = (row: RowDocument): Html =>
  html`<th scope="row" title="${row.method}${row.space && `, ${String(row.space)}`}">${rowTitle(row)}</th>`;

/** The best untuned merge by a figure, where there are several; not one that is told the task. */
function best(rows: readonly RowDocument[], of: (row: RowDocument) => number | null | undefined): string | undefined {
  const merges = rows.filter((row) => row.isMerge && !row.tuned && !needsTask(row));
  if (merges.length < 2) return undefined;
  return merges.reduce((a, b) => ((of(a) ?? -1) >= (of(b) ?? -1) ? a : b)).id;
}

const cell = (value: number | null | undefined, interval: Interval, show: Show): Html =>
  html`<span class="value">${show(value)}</span
    ><span class="sub">${range(interval ? [...interval] : null, show)}</span>`;

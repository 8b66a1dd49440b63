import { heatCell, html, type Html, percent } from '@medlego/report';
import type { ReportResult } from '../report-data.ts';

/** Up to this many classes the columns carry names, beyond it the numbers that stand before the row names. */
const mostNamedColumns = 3;

/** A confusion matrix with counts, coloured by the share of the true class; per-label counts for multi-label tasks. */
export function confusionTable(result: ReportResult, labels: readonly string[]): Html | null {
  if (result.confusion) return classTable(result.confusion, labels);
  if (result.labelConfusions) return labelTable(result.labelConfusions, labels);
  return null;
}

function classTable(rows: readonly (readonly number[])[], labels: readonly string[]): Html {
  const isNumbered = labels.length > mostNamedColumns;
  return html`<table class="heat">
    <thead>
      <tr>
        <th class="small">true ↓ decided →</th>
        ${labels.map((label, at) => html`<th scope="col" class="column" title="${label}">${isNumbered ? at + 1 : label}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map((cells, row) => {
        const total = cells.reduce((sum, count) => sum + count, 0);
        return html`<tr>
          <th scope="row">${isNumbered && `${row + 1} `}${labels[row]}</th>
          ${cells.map((count, column) =>
            heatCell(
              total === 0 ? null : count / total,
              count,
              `${count} of ${total} ${labels[row]} decided as ${labels[column]}${total > 0 ? ` (${percent(count / total)} %)` : ''}`,
            ),
          )}
        </tr>`;
      })}
    </tbody>
  </table>`;
}

function labelTable(matrices: readonly (readonly (readonly number[])[])[], labels: readonly string[]): Html {
  return html`<table class="heat">
    <thead>
      <tr>
        <th></th>
        ${['present', 'found', 'false alarms', 'sensitivity', 'specificity'].map(
          (title) => html`<th scope="col" class="column">&nbsp;${title}&nbsp;</th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${matrices.map((rows, at) => {
        const [[trueNegative, falsePositive], [falseNegative, truePositive]] = rows as [
          [number, number],
          [number, number],
        ];
        const present = falseNegative + truePositive;
        const absent = trueNegative + falsePositive;
        const shareCell = (part: number, whole: number) =>
          whole === 0 ? heatCell(null, '–') : heatCell(part / whole, percent(part / whole));
        return html`<tr>
          <th scope="row">${labels[at]}</th>
          ${[present, truePositive, falsePositive].map((count) => heatCell(null, count))}
          ${shareCell(truePositive, present)}${shareCell(trueNegative, absent)}
        </tr>`;
      })}
    </tbody>
  </table>`;
}

import { dash, heatCell, html, signed, type Html } from '@medlego/report';

export interface HeatTableOptions {
  readonly rows: readonly { readonly key: string; readonly title: string }[];
  readonly columns: readonly { readonly key: string; readonly title: string }[];
  readonly value: (row: string, column: string) => number | null | undefined;
}

/** Shares of [0, 1] as darkness, with their figures in per cent. */
export const shareTable = ({ rows, columns, value }: HeatTableOptions): Html =>
  frame('heat', rows, columns, (row, column) => {
    const share = value(row, column);
    return heatCell(share, typeof share === 'number' ? (100 * share).toFixed(0) : dash);
  });

/** Signed values: darkness is the size, colour and sign say the direction. `most` is full darkness. */
export function signedTable(
  { rows, columns, value }: HeatTableOptions,
  most: number,
  digits: number,
  scale: number,
): Html {
  return frame('heat diverging', rows, columns, (row, column) => {
    const one = value(row, column);
    if (typeof one !== 'number') return html`<td class="none">${dash}</td>`;
    const share = Math.min(1, Math.abs(one) / Math.max(most, Number.MIN_VALUE));
    const tone = one < 0 ? 'var(--generalist)' : 'var(--specialist)';
    return html`<td class="cell${share > 0.6 && ' deep'}" style="--share:${(75 * share).toFixed(1)};--tone:${tone}">
      ${signed(one, digits, scale)}
    </td>`;
  });
}

const frame = (
  kind: string,
  rows: HeatTableOptions['rows'],
  columns: HeatTableOptions['columns'],
  cell: (row: string, column: string) => Html,
): Html =>
  html`<table class="${kind}">
    <thead>
      <tr>
        <th></th>
        ${columns.map(({ title }) => html`<th scope="col" class="column">${title}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ key, title }) =>
          html`<tr>
            <th scope="row">${title}</th>
            ${columns.map((column) => cell(key, column.key))}
          </tr>`,
      )}
    </tbody>
  </table>`;

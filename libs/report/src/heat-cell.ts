import { html, type Html } from './html.ts';

/** A table cell whose background shows a share of [0, 1]; null shows no colour. */
export function heatCell(share: number | null | undefined, text: string | number, title?: string): Html {
  if (share === null || share === undefined) return html`<td class="none" title="${title ?? ''}">${text}</td>`;
  const isDeep = share > 0.6 && ' deep';
  return html`<td class="cell${isDeep}" style="--share:${(100 * share).toFixed(1)}" title="${title ?? ''}">
    ${text}
  </td>`;
}

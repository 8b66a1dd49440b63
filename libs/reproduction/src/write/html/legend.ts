import { html, raw, type Html } from '@medlego/report';
import { lineStyles } from './sweep-chart.ts';

/** Names of lines beside a piece of each line. */
export const lineLegend = (names: readonly string[]): Html =>
  html`<p class="legend small">
    ${names.map((name, index) => {
      const { color, dash } = lineStyles[index % lineStyles.length]!;
      return html`<span
        >${raw(
          `<svg width="34" height="8" role="presentation"><line x1="0" y1="4" x2="34" y2="4" style="stroke:${color}" stroke-width="2.5"${dash ? ` stroke-dasharray="${dash}"` : ''}/></svg>`,
        )}
        ${name}</span
      >`;
    })}
  </p>`;

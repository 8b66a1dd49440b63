import { type Html, html, meanOf, percent, signed } from '@medlego/report';
import type { KeptSummary } from '../kept-summary.ts';
import type { ReportData, ReportRow } from '../report-data.ts';

/** Four numbers that say how the merge went, and what must not be overlooked about them. */
export function keyFigures(data: ReportData, acc: KeptSummary, auc: KeptSummary): Html {
  const mean = (row: ReportRow) => meanOf(data.tasks.map((task) => task.results[row]?.metrics.acc));
  const { pooled, counted } = acc.gainKept;
  const energy = meanOf((data.modules ?? []).map((module) => module.energyKept));
  return html`<div class="tiles">
      ${tile(
        'Accuracy kept',
        percent(acc.retention.mean),
        '%',
        `mean of generalist / specialist; AUC ${percent(auc.retention.mean)} %`,
        true,
      )}
      ${tile(
        'Gain kept over the probe',
        pooled === null ? 'none' : signed(pooled, 2, 1).replace('+', ''),
        '',
        pooled === null
          ? 'no specialist beats its probe in accuracy'
          : `of what training gained on ${counted.length} of ${data.tasks.length} tasks; 1 is all of it`,
      )}
      ${tile(
        'Mean accuracy',
        percent(mean('generalist')),
        '%',
        `specialists ${percent(mean('specialist'))}, probes ${percent(mean('probe'))}, majority ${percent(mean('majority'))}`,
      )}
      ${tile(
        'Merge',
        data.generalist.mergeMs === undefined ? `${data.tasks.length} → 1` : data.generalist.mergeMs.toFixed(0),
        data.generalist.mergeMs === undefined ? '' : 'ms',
        `${data.tasks.length} adapters into one, no images` +
          (energy === null ? '' : `; ${percent(energy, 0)} % of energy kept`),
      )}
    </div>
    ${notices(data, acc)}`;
}

const tile = (name: string, figure: string, unit: string, below: string, isFirst = false): Html =>
  html`<div class="tile${isFirst && ' first'}">
    <div class="name">${name}</div>
    <div class="figure">${figure}${unit && html`<small>${unit}</small>`}</div>
    <div class="small">${below}</div>
  </div>`;

function notices(data: ReportData, acc: KeptSummary): Html | null {
  const { leftOut, uncertain } = acc.gainKept;
  const sentences = [
    leftOut.length > 0 &&
      html`<b>Left out of gain kept:</b> ${leftOut.map(({ task, reason }) => `${task} (${reason})`).join('; ')}. A merge
        cannot keep a gain that training did not make.`,
    uncertain.length > 0 &&
      html`<b>May be chance:</b> on ${uncertain.join(', ')} the interval of specialist − probe includes 0, so the gain
        there is not certain.`,
    ...(data.warnings ?? []).map((warning) => html`${warning}`),
  ].filter((sentence) => sentence !== false);
  if (sentences.length === 0) return null;
  return html`<div class="notice">
    <ul>
      ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
    </ul>
  </div>`;
}

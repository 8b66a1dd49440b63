import { dash, type Html, html, type PlotKit, signed } from '@medlego/report';
import { retentionChart, type RetentionBar } from '../charts/retention-chart.ts';
import type { KeptSummary } from '../kept-summary.ts';
import type { ReportData } from '../report-data.ts';
import { taskTitle } from '../rows.ts';

/** Retention bars beside gain kept, which tells whether that retention was worth anything. */
export function kept(kit: PlotKit, data: ReportData, acc: KeptSummary, auc: KeptSummary): Html {
  const tasks = data.tasks.map(taskTitle);
  const bars = tasks.flatMap((task) => [...bar(task, 'Accuracy', acc), ...bar(task, 'AUC', auc)]);
  const gain = (summary: KeptSummary, task: string) => {
    const value = summary.gainKept.perTask[task];
    return value === undefined ? html`<span class="sub">left out</span>` : html`${gainText(value)}`;
  };
  return html`<section id="kept">
    <h2>What the merge kept</h2>
    <p class="intro">
      Retention is generalist / specialist. It can be had for nothing, by specialists that hardly differ from a linear
      probe on the plain backbone; so beside it stands gain kept, (generalist − probe) / (specialist − probe), over the
      tasks whose specialist beats its probe: 1 keeps all of what training gained, 0 nothing, below 0 a merge does worse
      than no adapter.
    </p>
    <div class="figures">
      <figure class="card">
        <div class="head">
          <h3>Retention</h3>
          <span class="small"
            ><span class="swatch" style="background:var(--generalist)"></span>accuracy &ensp;<span
              class="swatch"
              style="background:var(--generalist-soft)"
            ></span
            >AUC</span
          >
        </div>
        ${bars.length > 0 ? retentionChart(kit, bars) : html`<p class="small">No task has specialist, generalist and probe.</p>`}
      </figure>
      <div class="card scroll">
        <h3>Gain kept</h3>
        <table class="numbers wide" aria-label="Gain kept">
          <thead>
            <tr>
              <th scope="col">Task</th>
              <th scope="col" class="n">By accuracy</th>
              <th scope="col" class="n">By AUC</th>
            </tr>
          </thead>
          <tbody>
            ${tasks.map(
              (task) =>
                html`<tr>
                  <th scope="row">${task}</th>
                  <td>${gain(acc, task)}</td>
                  <td>${gain(auc, task)}</td>
                </tr>`,
            )}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">All counted tasks<span class="sub">sum of gains kept / sum of gains</span></th>
              <td>${gainText(acc.gainKept.pooled)}</td>
              <td>${gainText(auc.gainKept.pooled)}</td>
            </tr>
          </tfoot>
        </table>
        ${leftOut('accuracy', acc)}${leftOut('AUC', auc)}
      </div>
    </div>
  </section>`;
}

const gainText = (value: number | null): string => (value === null ? dash : signed(value, 2, 1).replace('+', ''));

function bar(task: string, metric: RetentionBar['metric'], { retention }: KeptSummary): RetentionBar[] {
  const share = retention.perTask[task];
  return typeof share === 'number' ? [{ task, metric, share }] : [];
}

function leftOut(metric: string, { gainKept }: KeptSummary): Html | null {
  if (gainKept.leftOut.length === 0) return null;
  return html`<p class="small">
    Left out by ${metric}: ${gainKept.leftOut.map(({ task, reason }) => `${task} (${reason})`).join('; ')}.
  </p>`;
}

import { dash, type Html, html, meanOf, percent, type PlotKit, pValue, range, signed, three } from '@medlego/report';
import { intervalChart } from '../charts/interval-chart.ts';
import { type ReportComparison, type ReportData, type ReportRow, reportRows, type ReportTask } from '../report-data.ts';
import { rowStyles, taskAnchor, taskTitle } from '../rows.ts';

type Metric = 'acc' | 'auc';
const show: Readonly<Record<Metric, (value: number | null | undefined) => string>> = { acc: percent, auc: three };

/** The tables of accuracy and AUC, the paired differences, and the same as a figure per task. */
export function results(kit: PlotKit, data: ReportData): Html {
  const rows = reportRows.filter((row) => data.tasks.some((task) => task.results[row]));
  return html`<section id="results">
    <h2>Results</h2>
    <p class="intro">
      Every row answers the same images. Below each figure stands its 95 % interval: Wilson for accuracy, bootstrap
      percentiles for AUC and for the accuracy of multi-label tasks.
    </p>
    <div class="card stack">
      ${metricTable(data, rows, 'acc', 'Accuracy, %')} ${metricTable(data, rows, 'auc', 'AUC')}
      ${differences(data.tasks)}
      <dl class="facts small">
        ${rows.map(
          (row) =>
            html`<dt>${swatch(row)}${rowStyles[row].title}</dt>
              <dd>${rowStyles[row].meaning}</dd>`,
        )}
      </dl>
    </div>
    <h3 class="between">The same, closer</h3>
    <p class="intro">
      Dots are estimates, lines 95 % intervals, the dashed line is the probe. Every axis has its own range.
    </p>
    <div class="figures">${data.tasks.map((task) => taskFigure(kit, task))}</div>
  </section>`;
}

const swatch = (row: ReportRow): Html => html`<span class="swatch" style="background:${rowStyles[row].color}"></span>`;

function metricTable({ tasks }: ReportData, rows: readonly ReportRow[], metric: Metric, title: string): Html {
  const isUs = (row: ReportRow) => row === 'generalist' && 'us';
  const note = notesOf(tasks, rows, metric);
  return html`<div>
    <h3>${title}</h3>
    <div class="scroll">
      <table class="numbers wide fixed" aria-label="${title}">
        <thead>
          <tr>
            <th scope="col">Task</th>
            ${rows.map((row) => html`<th scope="col" class="n ${isUs(row)}">${swatch(row)}${rowStyles[row].title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${tasks.map(
            (task, at) =>
              html`<tr>
                <th scope="row">
                  <a href="#${taskAnchor(at)}">${taskTitle(task)}</a><span class="sub">n = ${task.n}</span>
                </th>
                ${rows.map((row) => html`<td class="${isUs(row)}">${metricCell(task, row, metric)}</td>`)}
              </tr>`,
          )}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Mean</th>
            ${rows.map(
              (row) =>
                html`<td class="${isUs(row)}">
                  ${show[metric](meanOf(tasks.map((task) => task.results[row]?.metrics[metric])))}
                </td>`,
            )}
          </tr>
        </tfoot>
      </table>
    </div>
    ${note}
  </div>`;
}

function metricCell(task: ReportTask, row: ReportRow, metric: Metric): Html {
  const { metrics, intervals } = task.results[row] ?? {};
  const rest = metric === 'auc' && metrics?.auc === null ? metrics.auc_mean_of_defined : null;
  // The constant scores of the majority row have AUC 0.5 in every resample.
  const interval = row === 'majority' && metric === 'auc' ? null : intervals?.[metric];
  const below = typeof rest === 'number' ? `others ${three(rest)}` : range(interval, show[metric]);
  return html`<span class="value">${show[metric](metrics?.[metric])}</span><span class="sub">${below}</span>`;
}

/** What the evaluation has to say about missing classes; the same note of several rows is shown once. */
function notesOf(tasks: readonly ReportTask[], rows: readonly ReportRow[], metric: Metric): Html | null {
  const notes = tasks.flatMap((task) =>
    rows.flatMap((row) =>
      (task.results[row]?.notes ?? [])
        .filter((note) => note.startsWith(`${metric}: undefined`))
        .map(
          (note) =>
            `${taskTitle(task)}: ${note.slice(metric.length + 2).replace(/; auc_mean_of_defined.*/, '; "others" is the mean of the rest.')}`,
        ),
    ),
  );
  const distinct = [...new Set(notes)];
  if (distinct.length === 0) return null;
  return html`<p class="small">
    ${distinct.map((note) => html`${note} `)}Means are over the tasks that have a figure.
  </p>`;
}

const pairs: readonly { row: ReportRow; against: ReportRow; title: string }[] = [
  { row: 'generalist', against: 'specialist', title: 'Generalist − specialist' },
  { row: 'specialist', against: 'probe', title: 'Specialist − probe' },
  { row: 'generalist', against: 'probe', title: 'Generalist − probe' },
];

function differences(tasks: readonly ReportTask[]): Html | null {
  const shown = pairs.filter(({ row, against }) => tasks.some((task) => findPair(task, row, against)));
  if (shown.length === 0) return null;
  const isAdjusted = tasks.some((task) => task.comparisons?.some((one) => typeof one.pAdjusted === 'number'));
  const title = 'Differences on the same images, points';
  return html`<div>
    <h3>${title}</h3>
    <p class="small">
      Interval of the paired difference, then
      p${isAdjusted ? ' after Holm’s adjustment for all tests of this report' : ', not adjusted for several tests'}:
      exact McNemar for accuracy, DeLong for the AUC of two classes, paired bootstrap for the rest.
    </p>
    <div class="scroll">
      <table class="numbers wide fixed" aria-label="${title}">
        <thead>
          <tr>
            <th scope="col" rowspan="2">Task</th>
            ${shown.map((pair) => html`<th scope="colgroup" colspan="2" class="n">${pair.title}</th>`)}
          </tr>
          <tr>
            ${shown.map(
              () =>
                html`<th scope="col" class="n">Accuracy</th>
                  <th scope="col" class="n">AUC</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${tasks.map(
            (task) =>
              html`<tr>
                <th scope="row">${taskTitle(task)}</th>
                ${shown.flatMap(({ row, against }) =>
                  (['acc', 'auc'] as const).map(
                    (metric) => html`<td>${differenceCell(findPair(task, row, against, metric))}</td>`,
                  ),
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </div>`;
}

const findPair = (
  task: ReportTask,
  row: ReportRow,
  against: ReportRow,
  metric?: Metric,
): ReportComparison | undefined =>
  task.comparisons?.find(
    (one) => one.row === row && one.against === against && (metric === undefined || one.metric === metric),
  );

function differenceCell(one: ReportComparison | undefined): Html {
  if (!one || one.difference === null) return html`${dash}`;
  const points = (value: number) => signed(value, 1, 100);
  return html`<span class="value">${points(one.difference)}</span><span class="sub">${range(one.interval, points)}</span
    ><span class="sub">${pValue(one.pAdjusted ?? one.p)}</span>`;
}

function taskFigure(kit: PlotKit, task: ReportTask): Html {
  const charts = (['acc', 'auc'] as const).flatMap((metric) => intervalChart(kit, task, metric) ?? []);
  return html`<figure class="card">
    <div class="head">
      <h3>${taskTitle(task)}</h3>
      <span class="small">${task.modality && `${task.modality}, `}n = ${task.n}</span>
    </div>
    <div class="pair">${charts.map((chart) => html`<div>${chart}</div>`)}</div>
  </figure>`;
}

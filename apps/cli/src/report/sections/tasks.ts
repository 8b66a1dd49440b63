import { html, type Html, percent, type PlotKit } from '@medlego/report';
import { curveCharts } from '../charts/curve-chart.ts';
import type { ReportData, ReportSample, ReportTask } from '../report-data.ts';
import { rowStyles, taskAnchor, taskTitle } from '../rows.ts';
import { confusionTable } from './confusion.ts';

/** Probabilities shown beside a sample. */
const mostBars = 3;

/** One card per task: samples with predictions, confusion matrices, training curves. */
export function tasks(kit: PlotKit, data: ReportData): Html {
  return html`<section id="tasks">
    <h2>Tasks</h2>
    <p class="intro">
      What the generalist says about single images, where it and the specialist go wrong, and how the specialist was
      trained. In the matrices the colour is the share of the true class.
    </p>
    ${data.tasks.map((task, at) => taskCard(kit, task, at))}
  </section>`;
}

function taskCard(kit: PlotKit, task: ReportTask, at: number): Html {
  const curves = task.curve ? curveCharts(kit, task.curve) : [];
  return html`<article class="card task" id="${taskAnchor(at)}">
    <div class="head">
      <h3>${taskTitle(task)}</h3>
      <span class="small"
        >${task.modality && `${task.modality} · `}${task.kind} · ${task.labels.length} labels · ${task.split} split, n =
        ${task.n}</span
      >
    </div>
    <div class="blocks">
      ${
        task.samples &&
        task.samples.length > 0 &&
        html`<div class="block full">
          <h4>Images and what the generalist says</h4>
          <div class="samples">${task.samples.map(sampleCard)}</div>
        </div>`
      }
      ${(['specialist', 'generalist'] as const).map((row) => {
        const result = task.results[row];
        const table = result && confusionTable(result, task.labels);
        return (
          table &&
          html`<div class="block">
            <h4>${rowStyles[row].title}</h4>
            <div class="scroll">${table}</div>
          </div>`
        );
      })}
      ${
        curves.length > 0 &&
        html`<div class="block curves">
          <h4>
            Training of the
            specialist${
              task.curve?.bestEpoch !== undefined &&
              (task.curve.bestEpoch === 0
                ? '; kept: the start, which is the probe'
                : `; kept: epoch ${task.curve.bestEpoch}`)
            }
          </h4>
          <div class="pair">${curves.map((chart) => html`<div>${chart}</div>`)}</div>
        </div>`
      }
    </div>
  </article>`;
}

function sampleCard({ image, truth, probabilities }: ReportSample): Html {
  const ranked = Object.entries(probabilities).sort(([, a], [, b]) => b - a);
  const truthText = truth.length > 0 ? truth.join(', ') : 'no finding';
  const verdict = truth.length === 1 && (ranked[0]?.[0] === truth[0] ? '✓ right' : '✗ wrong');
  return html`<div class="sample">
    <img src="${image}" alt="${truthText}" width="76" height="76" />
    <div>
      <p class="truth">${truthText} <span class="verdict">${verdict}</span></p>
      ${ranked
        .slice(0, mostBars)
        .map(
          ([label, p]) =>
            html`<div class="bar${truth.includes(label) && ' true'}" title="${label}">
              <span class="label">${label}</span><span class="p">${percent(p)}</span
              ><i style="--share:${(100 * p).toFixed(1)}"></i>
            </div>`,
        )}
    </div>
  </div>`;
}

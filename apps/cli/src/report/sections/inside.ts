import {
  dash,
  heatCell,
  type Html,
  html,
  magnitude,
  meanOf,
  percent,
  type PlotKit,
  spectrumChart,
} from '@medlego/report';
import type { ReportData, ReportModule } from '../report-data.ts';
import { taskTitle } from '../rows.ts';

/** Spectra with their cut, and how much of each task's update the cut kept; nothing without modules. */
export function inside(kit: PlotKit, data: ReportData): Html | null {
  const { modules } = data;
  if (!modules || modules.length === 0) return null;
  return html`<section id="inside">
    <h2>Inside the merge</h2>
    <p class="intro">
      The merged update of every module, taken apart into singular values. The cut keeps the first k (full colour) and
      drops the rest (grey); heights are relative to the module’s largest value, σ₁.
    </p>
    <div class="card">
      <h3>Singular values per module</h3>
      <div class="spectra">${modules.map((module) => spectrum(kit, module))}</div>
    </div>
    <div class="card">
      <h3>Energy kept, %</h3>
      <p class="small">
        Share of squared singular values that survives the cut: of the merged update, and of each task’s own update as
        far as it lies in the directions kept.
      </p>
      <div class="scroll">${energyTable(data, modules)}</div>
    </div>
  </section>`;
}

function spectrum(kit: PlotKit, module: ReportModule): Html {
  const [largest] = module.singularValues;
  return html`<figure>
    <b class="small">${moduleTitle(module.module)}</b>
    ${spectrumChart(kit, module)}
    <figcaption>
      k = ${module.k} of ${module.singularValues.length}, σ₁ = ${largest === undefined ? dash : magnitude(largest)}
    </figcaption>
  </figure>`;
}

function energyTable({ tasks }: ReportData, modules: readonly ReportModule[]): Html {
  const row = (title: string, of: (module: ReportModule) => number | null | undefined) =>
    html`<tr>
      <th scope="row">${title}</th>
      ${modules.map((module) => energyCell(of(module), `${title}, ${module.module}`))}
      ${energyCell(meanOf(modules.map(of)), `${title}, mean over modules`)}
    </tr>`;
  return html`<table class="heat">
    <thead>
      <tr>
        <th></th>
        ${modules.map(({ module }) => html`<th scope="col" class="column" title="${module}">${shortModule(module)}</th>`)}
        <th scope="col" class="column">mean</th>
      </tr>
    </thead>
    <tbody>
      ${row('Merged update', (module) => module.energyKept)}
      ${tasks.map((task) => row(taskTitle(task), (module) => module.perTask[task.name]))}
    </tbody>
  </table>`;
}

const energyCell = (share: number | null | undefined, title: string): Html =>
  heatCell(share, typeof share === 'number' ? percent(share, 0) : dash, title);

/** "blocks.0.attn.q" as "block 0, q". */
const moduleTitle = (module: string): string => module.replace(/^blocks\.(\d+)\.(?:attn|mlp)\.(\w+)$/, 'block $1, $2');
const shortModule = (module: string): string => module.replace(/^blocks\.(\d+)\.(?:attn|mlp)\.(\w+)$/, '$1 $2');

import { html, htmlPage, loadPlotKit } from '@medlego/report';
import { assertReportData } from './assert-report-data.ts';
import { summariseKept } from './kept-summary.ts';
import type { ReportData } from './report-data.ts';
import { inside } from './sections/inside.ts';
import { keyFigures } from './sections/key-figures.ts';
import { kept } from './sections/kept.ts';
import { licences } from './sections/licences.ts';
import { made } from './sections/made.ts';
import { pageHeader } from './sections/page-header.ts';
import { results } from './sections/results.ts';
import { tasks } from './sections/tasks.ts';

/**
 * One self-contained HTML page: no script, no network, light and dark, made to be printed. The same data gives the same
 * bytes. Loads the plotting library on first use.
 *
 * @throws InvalidValueError as `assertReportData`
 */
export async function renderReport(data: ReportData): Promise<string> {
  assertReportData(data);
  const kit = await loadPlotKit();
  const [acc, auc] = [summariseKept(data, 'acc'), summariseKept(data, 'auc')];
  return htmlPage(
    `${data.title} · Med-LEGO report`,
    html`${pageHeader(data)}
      <main>
        ${keyFigures(data, acc, auc)} ${results(kit, data)} ${kept(kit, data, acc, auc)} ${inside(kit, data)}
        ${tasks(kit, data)} ${made(data)} ${licences(data)}
      </main>
      <footer>Made by Med-LEGO. Research software: <span class="clinical">not for clinical use</span>.</footer>`,
  );
}

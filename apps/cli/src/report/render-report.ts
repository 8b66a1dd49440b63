import { assertReportData } from './assert-report-data.ts';
import { loadPlotKit } from './charts/plot-kit.ts';
import { html, raw } from './html.ts';
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
import { styleSheet } from './style.ts';

/** Lets the page load nothing and run nothing, whatever got into it. */
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

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
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${raw(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${data.title} · Med-LEGO report</title>
        <style>
          ${raw(styleSheet)}
        </style>
      </head>
      <body>
        ${pageHeader(data)}
        <main>
          ${keyFigures(data, acc, auc)} ${results(kit, data)} ${kept(kit, data, acc, auc)} ${inside(kit, data)}
          ${tasks(kit, data)} ${made(data)} ${licences(data)}
        </main>
        <footer>Made by Med-LEGO. Research software: <span class="clinical">not for clinical use</span>.</footer>
      </body>
    </html> `;
  return page.markup;
}

import { html, htmlPage, loadPlotKit, percent, raw, shortDigest, type Html } from '@medlego/report';
import { gain } from '../format.ts';
import { notesOf } from '../notes.ts';
import type { ResultsDocument, RowDocument } from '../results-document.ts';
import { rowTitle, tableBlocks, type TableBlock } from '../row-titles.ts';
import { needsTask, summaryRows } from '../summary.ts';
import { keptFigures, sortFigures } from './block-figures.ts';
import { overviewTable, tasksTable } from './results-table.ts';
import { resultsStyle } from './style.ts';

/** A table with its plots as one self-contained page. The same document gives the same bytes. */
export async function resultsPage(document: ResultsDocument): Promise<string> {
  const kit = await loadPlotKit();
  const blocks = tableBlocks(document);
  const { title, table, setting, seeds, made } = document;
  return htmlPage(
    `${title} · ${table}, ${setting}`,
    html`<style>
        ${raw(resultsStyle)}
      </style>
      <header class="top">
        <p class="kicker">Med-LEGO, ${table} on ${setting}</p>
        <h1>${title}</h1>
        <p class="lead">
          Every merge beside what it is made from, what needs no merge, and what is lost. Seeds ${seeds.join(', ')};
          means over seeds, 95 % intervals.
        </p>
        <ul class="meta">
          <li>Backbone <b>${made.backbone.name}</b> <code>${shortDigest(made.backbone.digest)}</code></li>
          <li>Command <code>${made.command}</code></li>
          <li class="clinical">Not for clinical use</li>
        </ul>
        <nav>
          <a href="#short">In short</a>${blocks.map((block, at) => html`<a href="#block-${at}">${block.title}</a>`)}<a
            href="#notes"
            >Notes</a
          >
        </nav>
      </header>
      <main class="results">
        ${keyFigures(document, blocks)}
        <section id="short">
          <h2>In short</h2>
          ${introduction}
          <div class="card">${overviewTable(document, summaryRows(document), 'In short', { sorts: true })}</div>
          <p class="small">
            Of each sort: Med-LEGO and the three best merges that need no data, by mean accuracy on these test images.
          </p>
        </section>
        ${blocks.map(
          (block, at) =>
            html`<section id="block-${at}">
              <h2>${block.title}</h2>
              ${block.sort !== null && html`<div class="card">${overviewTable(document, block.rows, block.title)}</div>`}
              ${block.sort !== null && html`${keptFigures(kit, block)} ${sortFigures(kit, document, block.sort)}`}
              <h3 class="between">Task by task</h3>
              <div class="card stack">${tasksTable(document, block, 'acc')} ${tasksTable(document, block, 'auc')}</div>
            </section>`,
        )}
        <section id="notes">
          <h2>Notes</h2>
          <div class="card">
            <ul class="notes small">
              ${notesOf(document).map((note) => html`<li>${note}</li>`)}
            </ul>
          </div>
        </section>
      </main>
      <footer>Made by Med-LEGO. Research software: <span class="clinical">not for clinical use</span>.</footer>`,
  );
}

const introduction = html`<p class="intro">
  Retention is merge / specialist and can be had for nothing by specialists that hardly leave a linear probe. Gain kept,
  (merge − probe) / (specialist − probe) over the tasks whose specialist beats its solved probe, says what a merge is
  worth: 1 keeps all of what training gained, 0 nothing, below 0 it does worse than no adapter at all.
</p>`;

/** The best data-free merge of each sort, beside what it competes with. */
function keyFigures({ rows }: ResultsDocument, blocks: readonly TableBlock[]): Html {
  const probe = rows.find(({ method }) => method === 'probe');
  const tiles = blocks.flatMap(({ sort, rows: own, title }) => {
    const best = own
      .filter((row) => row.isMerge && row.dataFree && !needsTask(row))
      .reduce<RowDocument | undefined>((a, b) => (a && (a.mean ?? 0) >= (b.mean ?? 0) ? a : b), undefined);
    if (!best || sort === null) return [];
    const paper = own.find(({ isReference }) => isReference);
    return [
      html`<div class="tile">
        <div class="name">Best merge without data, ${title}</div>
        <div class="figure">${percent(best.mean)}<small>%</small></div>
        <div class="small">
          ${rowTitle(best)}; retention ${percent(best.retention)} %, gain kept ${gain(best.gainKept)}.
          ${paper && html`Med-LEGO: ${percent(paper.mean)} %.`}
        </div>
      </div>`,
    ];
  });
  return html`<div class="tiles">
    <div class="tile first">
      <div class="name">Solved probe, no adapter</div>
      <div class="figure">${percent(probe?.mean)}<small>%</small></div>
      <div class="small">Mean accuracy of linear heads on the plain backbone: a merge below it is worth nothing.</div>
    </div>
    ${tiles}
  </div>`;
}

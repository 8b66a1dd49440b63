import { html, htmlPage, loadPlotKit, percent, raw, shortDigest, three } from '@medlego/report';
import type { CurvesDocument } from './curves-document.ts';
import { lineLegend } from './html/legend.ts';
import { resultsStyle } from './html/style.ts';
import { sweepChart } from './html/sweep-chart.ts';
import { writeAll } from './write-results.ts';

/**
 * Writes `<figure>-<setting>.{json,csv,md,html}` into a folder.
 * @returns the paths in that order
 */
export async function writeCurves(folder: string, document: CurvesDocument): Promise<string[]> {
  return writeAll(folder, `${document.table}-${document.setting}`, {
    json: `${JSON.stringify(document, null, 1)}\n`,
    csv: curvesCsv(document),
    md: `${curvesMarkdown(document)}\n`,
    html: await curvesPage(document),
  });
}

const curvesCsv = ({ lines, seeds }: CurvesDocument): string =>
  [
    ['task', 'start', 'epoch', 'acc', 'auc', ...seeds.map((seed) => `acc_seed_${seed}`)],
    ...lines.flatMap(({ task, start, points }) =>
      points.map(({ epoch, acc, auc, accPerSeed }) => [
        task,
        `"${start.replaceAll('"', '""')}"`,
        epoch,
        acc,
        auc,
        ...accPerSeed,
      ]),
    ),
  ]
    .map((line) => line.join(','))
    .join('\n') + '\n';

const linesOf = ({ lines }: CurvesDocument, task: string) => lines.filter((line) => line.task === task);

const explanation =
  'Test accuracy after every epoch; no epoch is chosen by it. Head from random, a new adapter on the start’s weights.';

function curvesMarkdown(document: CurvesDocument): string {
  const { made, tasks, seeds, title, table, setting } = document;
  return [
    `# ${title} (${table}, ${setting})`,
    '',
    `Made by \`${made.command}\`. Backbone ${made.backbone.name}; seeds ${seeds.join(', ')}; means over seeds. ${explanation}`,
    '',
    ...tasks.flatMap(({ task, title: name, n }) => {
      const own = linesOf(document, task);
      const epochs = own[0]!.points.map(({ epoch }) => epoch);
      return [
        `## ${name} (${n} test images), accuracy in %`,
        '',
        `| Start | Members | ${epochs.map((epoch) => `epoch ${epoch}`).join(' | ')} | AUC at the end |`,
        `| --- | --- | ${epochs.map(() => '---:').join(' | ')} | ---: |`,
        ...own.map(
          ({ start, members, points }) =>
            `| ${start} | ${members.join(', ') || '–'} | ${points.map(({ acc }) => percent(acc)).join(' | ')} | ${three(points.at(-1)!.auc)} |`,
        ),
        '',
      ];
    }),
    `${made.machine}; ${made.seconds.toFixed(0)} s. Not for clinical use.`,
  ].join('\n');
}

async function curvesPage(document: CurvesDocument): Promise<string> {
  const kit = await loadPlotKit();
  const { title, table, setting, made, tasks, seeds } = document;
  return htmlPage(
    `${title} · ${table}, ${setting}`,
    html`<style>
        ${raw(resultsStyle)}
      </style>
      <header class="top">
        <p class="kicker">Med-LEGO, ${table} on ${setting}</p>
        <h1>${title}</h1>
        <p class="lead">${explanation}</p>
        <ul class="meta">
          <li>Backbone <b>${made.backbone.name}</b> <code>${shortDigest(made.backbone.digest)}</code></li>
          <li>Seeds <b>${seeds.join(', ')}</b></li>
          <li>Command <code>${made.command}</code></li>
          <li class="clinical">Not for clinical use</li>
        </ul>
      </header>
      <main class="results">
        ${tasks.map(({ task, title: name, n }) => {
          const own = linesOf(document, task);
          const lines = own.map(({ start, points }) => ({
            name: start,
            points: points.map(({ epoch, accPerSeed }) => ({ at: epoch, perSeed: accPerSeed })),
          }));
          return html`<section>
            <h2>${name}</h2>
            <figure class="card">
              <div class="head">
                <h3>Accuracy over epochs</h3>
                <span class="small">n = ${n}; bands: lowest to highest seed</span>
              </div>
              ${sweepChart(kit, lines, { x: 'Epoch', y: 'Test accuracy, %', width: 900, height: 360 })}
              ${lineLegend(own.map(({ start }) => start))}
            </figure>
            <div class="card scroll">
              <table class="numbers wide dense" aria-label="${name}">
                <thead>
                  <tr>
                    <th scope="col">Start</th>
                    <th scope="col" class="n">Start itself, %</th>
                    <th scope="col" class="n">After epoch 1, %</th>
                    <th scope="col" class="n">Mean over epochs, %</th>
                    <th scope="col" class="n">Last epoch, %</th>
                    <th scope="col">Members</th>
                  </tr>
                </thead>
                <tbody>
                  ${own.map(
                    (line) =>
                      html`<tr>
                        <th scope="row">${line.start}</th>
                        <td>${percent(line.points[0]?.acc)}</td>
                        <td>${percent(line.points[1]?.acc)}</td>
                        <td>${percent(line.meanOverEpochs)}</td>
                        <td>${percent(line.last)}</td>
                        <td class="text">${line.members.join(', ')}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>
          </section>`;
        })}
      </main>
      <footer>
        ${made.machine}; ${made.seconds.toFixed(0)} s. Research software:
        <span class="clinical">not for clinical use</span>.
      </footer>`,
  );
}

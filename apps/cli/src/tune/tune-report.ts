import { html, htmlPage, loadPlotKit, type Html, type PlotKit } from '@medlego/report';
import { writeFileAtomic } from '@medlego/tensors';
import type { TunedSpecialists } from '@medlego/workflows';
import { recipeText } from '../recipe-file.ts';
import {
  candidateColumns,
  candidateRow,
  endingSentence,
  gainCaution,
  gainSentence,
  ranked,
  soughtFor,
  worthText,
} from './tune-table.ts';

/** Writes the search as one self-contained page: what was gained, its way there, per task, every candidate, the recipe. */
export async function writeTuneReport(file: string, tuned: TunedSpecialists): Promise<void> {
  const kit = await loadPlotKit();
  const { recipe, document } = tuned;
  const title = `Tuning ${recipe.method}`;
  const page = htmlPage(
    title,
    html`<header class="top">
        <p class="kicker">Med-LEGO, search for a recipe</p>
        <h1>${title}</h1>
        <p class="lead">By ${soughtFor(tuned)} on ${document.tuned.split} images. ${endingSentence(tuned)}</p>
      </header>
      <main>
        <section>
          <h2>What was gained</h2>
          <p class="intro">${gainSentence(tuned)} ${gainCaution(tuned)}</p>
          <div class="card">${taskTable(tuned)}</div>
        </section>
        <section>
          <h2>The way there</h2>
          <p class="intro">Every candidate in the order of measuring, and the best so far.</p>
          <div class="card">${pathChart(kit, tuned)}</div>
        </section>
        <section>
          <h2>Recipe</h2>
          <p class="intro">Saved to a file, <code>medlego merge --recipe FILE</code> makes the same generalist.</p>
          <div class="card scroll"><pre class="mono">${await recipeText(document)}</pre></div>
        </section>
        <section>
          <h2>Candidates</h2>
          <div class="card scroll">
            ${table(
              candidateColumns(tuned).map((column) => column.title),
              ranked(tuned).map((candidate) => candidateRow(tuned, candidate)),
            )}
          </div>
        </section>
      </main>
      <footer>Made by Med-LEGO. Research software: <span class="clinical">not for clinical use</span>.</footer>`,
  );
  await writeFileAtomic(file, page, { what: 'report' });
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): Html =>
  html`<table class="numbers wide">
    <thead>
      <tr>
        ${head.map((cell) => html`<th scope="col">${cell}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;

function taskTable({ start, best, gain, metric }: TunedSpecialists): Html {
  const digits = (value: number | null | undefined): string => (value == null ? '–' : value.toFixed(3));
  return table(
    ['Task', `${metric} at the start`, `${metric} of the best`, 'Difference, 95 % interval (above 0 is better)'],
    Object.entries(gain.perTask).map(([task, { difference, interval }]) => [
      task,
      digits(start.perTask[task]?.[metric]),
      digits(best.perTask[task]?.[metric]),
      `${digits(difference)}${interval ? ` (${interval.map(digits).join(' to ')})` : ''}`,
    ]),
  );
}

function pathChart({ plot, draw }: PlotKit, tuned: TunedSpecialists): Html {
  const points = tuned.candidates.map(({ index, objective }) => ({
    index,
    worth: Number(worthText(tuned, objective)),
  }));
  const isLess = tuned.metric === 'loss' && tuned.objective === 'mean';
  let top = points[0]!.worth;
  const bests = points.map(({ index, worth }) => {
    top = isLess ? Math.min(top, worth) : Math.max(top, worth);
    return { index, worth: top };
  });
  return draw(
    {
      width: 720,
      height: 260,
      x: { label: 'Candidate', tickFormat: 'd' },
      y: { label: soughtFor(tuned), grid: true },
      marks: [
        plot.lineY(bests, { x: 'index', y: 'worth', stroke: 'var(--generalist)', curve: 'step-after' }),
        plot.dot(points, { x: 'index', y: 'worth', stroke: 'var(--specialist)', r: 3 }),
      ],
    },
    'Objective of every candidate in the order of measuring, and the best so far',
  );
}

import { percent, three } from '@medlego/report';
import { gain, points, pText, withInterval } from './format.ts';
import type { ResultsDocument, RowDocument } from './results-document.ts';
import { notesOf } from './notes.ts';
import { refittedOf, rowTitle, tableBlocks } from './row-titles.ts';

/** A table as Markdown: figures of the rows, AUC, calibration, then everything that a reader has to know. */
export function resultsMarkdown(document: ResultsDocument): string {
  const { tasks } = document;
  const lines = [
    `# ${document.title} (${document.table}, ${document.setting})`,
    '',
    `Made by \`${document.made.command}\`. Backbone ${document.made.backbone.name}; seeds ${document.seeds.join(', ')}; means over seeds.`,
    'Intervals are 95 %: Wilson over the test images for the accuracy of a task, bootstrap over images and seeds for the rest. How to read',
    'the columns is in [README.md](README.md). Not for clinical use.',
    '',
  ];
  for (const { title, rows } of tableBlocks(document)) {
    lines.push(`## ${title}`, '', '### Accuracy, %', '');
    lines.push(
      ...table(
        [
          'Row',
          ...tasks.map((task) => task.title),
          'Mean',
          'Retention',
          'Gain kept',
          'Over probe',
          'Over Med-LEGO, p',
          'Heads re-fitted',
        ],
        rows.map((row) => [
          rowTitle(row),
          ...tasks.map(({ task }) => withInterval(row.tasks[task]?.acc, row.tasks[task]?.interval)),
          withInterval(row.mean, row.meanInterval),
          withInterval(row.retention, row.retentionInterval),
          withInterval(row.gainKept, row.gainKeptInterval, gain),
          withInterval(row.overProbe, row.overProbeInterval, points),
          row.overMedLego ? `${points(row.overMedLego.difference)}, ${pText(row.overMedLego.pHolm)}` : '–',
          percent(refittedOf(document, row)?.mean),
        ]),
      ),
      '',
      '### AUC',
      '',
      ...table(
        ['Row', ...tasks.map((task) => task.title), 'Mean', 'Retention, %', 'Gain kept', 'Over Med-LEGO, p'],
        rows.map((row) => [
          rowTitle(row),
          ...tasks.map(({ task }) => withInterval(row.tasks[task]?.auc, row.tasks[task]?.aucInterval, three)),
          withInterval(row.meanAuc, row.meanAucInterval, three),
          percent(row.retentionAuc),
          gain(row.gainKeptAuc),
          row.overMedLegoAuc
            ? `${signedThree(row.overMedLegoAuc.difference)}, ${pText(row.overMedLegoAuc.pHolm)}`
            : '–',
        ]),
      ),
      '',
      ...calibration(document, rows),
    );
  }
  lines.push('## Notes', '', ...notesOf(document).map((note) => `- ${note}`), '');
  return lines.join('\n');
}

const signedThree = (value: number | null): string =>
  value === null ? '–' : `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

/** ECE of the merge, with the specialist's before it; subset accuracy of multi-label tasks. */
function calibration({ tasks }: ResultsDocument, rows: readonly RowDocument[]): string[] {
  const multiLabel = tasks.filter(({ kind }) => kind === 'multi-label, binary-class');
  const ece = table(
    ['Row', ...tasks.map((task) => task.title)],
    rows.map((row) => [
      rowTitle(row),
      ...tasks.map(({ task }) => {
        const { ece: after, eceBefore: before } = row.tasks[task] ?? {};
        return typeof before === 'number' ? `${percent(before)} → ${percent(after)}` : percent(after);
      }),
    ]),
  );
  const subset = table(
    ['Row', ...multiLabel.flatMap(({ title }) => [`${title}, per label`, `${title}, all labels right`])],
    rows.map((row) => [
      rowTitle(row),
      ...multiLabel.flatMap(({ task }) => [percent(row.tasks[task]?.acc), percent(row.tasks[task]?.accSubset)]),
    ]),
  );
  return [
    '### Calibration error (ECE, 15 bins), %: specialist → merge',
    '',
    ...ece,
    '',
    ...(multiLabel.length > 0 ? ['### Multi-label accuracy, %', '', ...subset, ''] : []),
  ];
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `| ${head.map((_, at) => (at === 0 ? '---' : '---:')).join(' | ')} |`,
  ...rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`),
];

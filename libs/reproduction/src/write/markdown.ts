import { percent, three } from '@medlego/report';
import { gain, points, pText, withInterval } from './format.ts';
import { notesOf } from './notes.ts';
import type { ResultsDocument, RowDocument } from './results-document.ts';
import { refittedOf, rowTitle, tableBlocks } from './row-titles.ts';
import { summaryRows } from './summary.ts';

/** A table as Markdown: the rows to look at first, all rows in short, every task, then everything that a reader has to know. */
export function resultsMarkdown(document: ResultsDocument): string {
  const { title, table: name, setting, made, seeds } = document;
  const blocks = tableBlocks(document);
  return [
    `# ${title} (${name}, ${setting})`,
    '',
    `Made by \`${made.command}\`. Backbone ${made.backbone.name}; seeds ${seeds.join(', ')}; means over seeds.`,
    'Intervals are 95 %: Wilson over the test images for the accuracy of a task, bootstrap over images and seeds for the rest. How to read',
    'the columns is in [README.md](README.md). Not for clinical use.',
    '',
    '## In short',
    '',
    ...table(
      ['Row', 'Specialists', 'Mean accuracy, %', 'Retention, %', 'Gain kept', 'Over probe'],
      summaryRows(document).map((row) => [
        rowTitle(row),
        row.sort ?? '–',
        withInterval(row.mean, row.meanInterval),
        withInterval(row.retention, row.retentionInterval),
        withInterval(row.gainKept, row.gainKeptInterval, gain),
        withInterval(row.overProbe, row.overProbeInterval, points),
      ]),
    ),
    '',
    'Of each sort: Med-LEGO and the three best merges that need no data, by mean accuracy on these test images.',
    '',
    ...blocks.flatMap((block) => [`## ${block.title}`, '', ...overview(document, block.rows), '']),
    ...blocks.flatMap((block) => [`## Task by task: ${block.title}`, '', ...perTask(document, block.rows)]),
    '## Notes',
    '',
    ...notesOf(document).map((note) => `- ${note}`),
    '',
  ].join('\n');
}

/** What every row is worth over all tasks. */
const overview = (document: ResultsDocument, rows: readonly RowDocument[]): string[] =>
  table(
    [
      'Row',
      'Mean, %',
      'Mean AUC',
      'Retention, %',
      'Gain kept',
      'Over probe',
      'Over Med-LEGO',
      'p',
      'Heads re-fitted, %',
    ],
    rows.map((row) => [
      rowTitle(row),
      withInterval(row.mean, row.meanInterval),
      three(row.meanAuc),
      percent(row.retention),
      withInterval(row.gainKept, row.gainKeptInterval, gain),
      points(row.overProbe),
      points(row.overMedLego?.difference),
      pText(row.overMedLego?.pHolm),
      percent(refittedOf(document, row)?.mean),
    ]),
  );

function perTask({ tasks }: ResultsDocument, rows: readonly RowDocument[]): string[] {
  const multiLabel = tasks.filter(({ kind }) => kind === 'multi-label, binary-class');
  const perTaskTable = (of: (row: RowDocument, task: string) => string) =>
    table(
      ['Row', ...tasks.map(({ title }) => title)],
      rows.map((row) => [rowTitle(row), ...tasks.map(({ task }) => of(row, task))]),
    );
  const subset = table(
    ['Row', ...multiLabel.flatMap(({ title }) => [`${title}, per label`, `${title}, all labels right`])],
    rows.map((row) => [
      rowTitle(row),
      ...multiLabel.flatMap(({ task }) => [percent(row.tasks[task]?.acc), percent(row.tasks[task]?.accSubset)]),
    ]),
  );
  return [
    '### Accuracy, %',
    '',
    ...perTaskTable((row, task) => withInterval(row.tasks[task]?.acc, row.tasks[task]?.interval)),
    '',
    '### AUC',
    '',
    ...perTaskTable((row, task) => withInterval(row.tasks[task]?.auc, row.tasks[task]?.aucInterval, three)),
    '',
    '### Calibration error (ECE, 15 bins), %: specialist → merge',
    '',
    ...perTaskTable((row, task) => {
      const { ece: after, eceBefore: before } = row.tasks[task] ?? {};
      return typeof before === 'number' ? `${percent(before)} → ${percent(after)}` : percent(after);
    }),
    '',
    ...(multiLabel.length > 0 ? ['### Multi-label accuracy, %', '', ...subset, ''] : []),
  ];
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `| ${head.map((_, at) => (at === 0 ? '---' : '---:')).join(' | ')} |`,
  ...rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`),
];

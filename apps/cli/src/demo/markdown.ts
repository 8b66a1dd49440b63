import { keptLines, measuredRows, metricRows } from '../evaluation-table.ts';
import { machineFacts } from '../machine-facts.ts';
import type { DemoResults } from './report-data.ts';

/** The demo's tables as a page for `docs/results/`. */
export function demoMarkdown({ backbone, engine, command, tasks, merged, evaluated }: DemoResults): string {
  const header = ['Task', 'n', ...measuredRows(evaluated)];
  const table = (metric: 'acc' | 'auc'): string =>
    [header, header.map(() => '---'), ...metricRows(evaluated, metric)]
      .map((row) => `| ${row.join(' | ')} |`)
      .join('\n');
  return `# Quickstart results

Made by \`${command} --markdown docs/results/quickstart.md\`. Backbone ${backbone.name} (${backbone.digest}); ${engine.engine} on ${engine.device}, ${engine.intraOpThreads} threads; ${machineFacts()}.
Single seed; intervals are 95 % over test images (Wilson for accuracy, bootstrap for AUC). The data sets are under \`data/\`, with licences. Not for clinical use.

- \`generalist\`: ${merged.report.method} of all ${tasks.length} adapters, parameters ${JSON.stringify(merged.report.params)}; heads are the specialists'.
- \`unadapted\`: the specialist's head on the plain backbone. \`probe\`: a linear head solved on the plain backbone.

## Accuracy, %

${table('acc')}

## AUC, %

${table('auc')}

${keptLines(evaluated)
  .map((line) => (line.startsWith('  ') ? `  - ${line.trim()}` : `- ${line}`))
  .join('\n')}

## Training

| Task | Best epoch | Test accuracy, % | Probe, % | Seconds |
| --- | --- | --- | --- | --- |
${tasks.map(({ sample, trained: { trained }, seconds }) => `| ${sample.name} | ${trained.best.epoch} | ${(100 * (trained.test?.acc ?? NaN)).toFixed(1)} | ${(100 * (trained.probe.test?.acc ?? NaN)).toFixed(1)} | ${seconds.toFixed(0)} |`).join('\n')}
`;
}

import { makerCommand, type MadeTask } from './make-task.ts';

/** The README of the folder of sample tasks, in Markdown. */
export function sampleReadme(made: readonly MadeTask[]): string {
  const rows = made.map(({ recipe: { task, rows: count, licenceUrl }, bytes }) =>
    [
      `[${task.name}](${task.name}.npz)`,
      `${task.kind}; ${task.modality}`,
      task.labels.map((label, index) => `${index} ${label}`).join('; '),
      `${count.train} / ${count.val} / ${count.test}`,
      `[${task.licence}](${licenceUrl})`,
      `${(bytes / 1e6).toFixed(2)} MB`,
    ].join(' | '),
  );
  const sources = made.map(
    ({ recipe: { task, origin, changes } }) =>
      `- **${task.name}**: ${origin}. Changes: ${changes}. Cite: ${task.citation}.`,
  );
  const samples = made.flatMap(({ recipe: { task }, samples: names }) =>
    names.map((name) => `- \`samples/${task.name}/${name}\``),
  );
  const findings = made.flatMap(({ recipe: { task }, findings: found }) =>
    found.map((finding) => `- ${task.name}: ${finding}`),
  );
  return `# Sample tasks

Five small tasks on real medical images, 28 x 28 pixels, for the quickstart, the examples and the tests.
**Not for clinical use.** This file and everything beside it is written by \`${makerCommand}\`.

| file | task; modality | labels | train / val / test | licence | size |
|---|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join('\n')}

The licence of the code of this repository does not extend to these files: each keeps its own, named above and in \`NAME.json\`.
\`mednist.npz\` and \`samples/mednist/\` are adaptations of a share-alike work and are themselves under CC BY-SA 4.0: who passes on
changed versions must do so under the same licence.

## Format

\`NAME.npz\` follows MedMNIST: \`train_images\` uint8 (N, 28, 28) or (N, 28, 28, 3), \`train_labels\` uint8 (N, 1), and the same for
\`val\` and \`test\`. \`NAME.json\` holds the task (name, kind, labels, modality, licence, citation), the counts per class, the source with
its checksum, and the command. Rows are in class-stratified random order, so any prefix of a split has about the split's proportions.

## Sources

${sources.join('\n')}

## Known flaws

What \`medlego data check\` reports:

${findings.join('\n') || '- nothing'}

pbcblood, busibreast and mednist carry no patient identifiers, so images of one patient may lie on both sides of a split.

## Single images

From the test splits; the true label is in the name.

${samples.join('\n')}
`;
}

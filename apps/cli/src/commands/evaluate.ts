import { type Command, InvalidArgumentError, Option } from 'commander';
import { wholeNumber, withComputeOptions, withEngine, type ComputeOptions } from '../compute-options.ts';
import { defineAction } from '../context.ts';
import { dataFolders, modelFolders, openStore } from '../workspace.ts';

const rows = ['specialist', 'unadapted', 'probe', 'majority'] as const;
type Row = (typeof rows)[number];

interface EvaluateOptions extends ComputeOptions {
  readonly split: 'train' | 'val' | 'test';
  readonly against: readonly Row[];
  readonly data: Readonly<Record<string, string>>;
  readonly seed: number;
}

const parseRows = (text: string): Row[] =>
  text.split(',').map((word) => {
    const row = word.trim().replace(/s$/, '') as Row;
    if (!rows.includes(row)) throw new InvalidArgumentError(`Expected some of ${rows.join(', ')}, got "${word}".`);
    return row;
  });

const collectData = (text: string, sofar: Record<string, string>): Record<string, string> => {
  const [task, path] = [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)];
  if (!text.includes('=') || !task || !path) throw new InvalidArgumentError(`Expected TASK=PATH, got "${text}".`);
  return { ...sofar, [task]: path };
};

export function registerEvaluate(program: Command): void {
  const command = withComputeOptions(
    program
      .command('evaluate')
      .description(
        'measure a specialist or generalist on its tasks, beside the rows that say what the figures are worth',
      )
      .argument('<ref>', 'specialist or generalist')
      .addOption(new Option('--split <name>', 'which images').choices(['train', 'val', 'test']).default('test'))
      .option('--against <rows>', `rows to compare with: ${rows.join(', ')}`, parseRows, [...rows])
      .option(
        '--data <task=path>',
        'where the images of a task are, if not where it was trained; repeat',
        collectData,
        {},
      )
      .option('--seed <n>', 'of the bootstrap', wholeNumber(0), 0),
  ).addHelpText(
    'after',
    '\nExamples:\n  medlego evaluate generalist\n  medlego evaluate breast --split val --against probe,majority --json',
  );
  defineAction<[string], EvaluateOptions>(command, async (context, options, ref) => {
    const { out } = context;
    const [{ openDataset }, { evaluateArtifact, openBackboneByDigest }] = await Promise.all([
      import('@medlego/data'),
      import('@medlego/workflows'),
    ]);
    const store = await openStore(context);
    const subject = await store.get(ref, { kind: ['specialist', 'generalist'] });
    const backbone = await openBackboneByDigest(store, subject.manifest.backbone!, modelFolders);
    await withEngine(context, options, async (engine) => {
      const result = await evaluateArtifact({
        engine,
        store,
        backbone,
        ref: subject.digest,
        split: options.split,
        against: options.against,
        seed: options.seed,
        dataFor: (task, { manifest }) => {
          const { source } = manifest.config['dataset'] as { source: string };
          return openDataset(options.data[task.name] ?? source, {
            searchDirs: dataFolders,
            preprocess: backbone.preprocess,
          });
        },
        onTask: (task) => out.note(`Evaluating ${task} ...`),
      });
      const order = (['generalist', ...rows] as const).filter((row) => result.tasks.some((task) => task.rows[row]));
      for (const metric of ['acc', 'auc'] as const) {
        out.heading(metric === 'acc' ? 'Accuracy, % (95 % interval)' : 'AUC, % (95 % interval)');
        out.table(
          [
            { title: 'Task' },
            { title: 'n', align: 'right' },
            ...order.map((title) => ({ title, align: 'right' as const })),
          ],
          result.tasks.map(({ task, rows: found }) => [
            task.name,
            String(Object.values(found)[0]!.n),
            ...order.map((row) => figure(found[row]?.metrics[metric], found[row]?.intervals[metric])),
          ]),
        );
      }
      const kept = result.gainKept;
      if (kept) {
        out.line(
          `\nRetention (mean of generalist / specialist): ${figure(result.retention?.mean)} %. It can be had for nothing: read it with the next line.`,
        );
        out.line(
          `Gain kept over the probe: ${kept.pooled === null ? 'not defined' : kept.pooled.toFixed(2)} on ${kept.counted.join(', ') || 'no task'}.`,
        );
        kept.leftOut.forEach(({ task, reason }) => out.line(`  left out: ${task} (${reason})`));
      }
      const main = order[0]!;
      const accuracies = result.tasks.flatMap((task) => task.rows[main]?.metrics.acc ?? []);
      out.document({
        artifact: result.artifact.digest,
        split: result.split,
        tasks: result.tasks.map(({ task, rows: found }) => ({
          task: task.name,
          ...found[main],
          against: Object.fromEntries(Object.entries(found).filter(([row]) => row !== main)),
        })),
        mean: { acc: accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length },
        retention: result.retention,
        gainKept: kept,
      });
    });
  });
}

function figure(value: number | null | undefined, interval?: readonly number[] | null): string {
  if (value == null) return '-';
  const text = (100 * value).toFixed(1);
  return interval ? `${text} (${interval.map((end) => (100 * end).toFixed(1)).join('–')})` : text;
}

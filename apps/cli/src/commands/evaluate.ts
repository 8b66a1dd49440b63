import { type Command, InvalidArgumentError, Option } from 'commander';
import { wholeNumber, withComputeOptions, withEngine, type ComputeOptions } from '../compute-options.ts';
import { defineAction } from '../context.ts';
import { evaluationDocument, printEvaluation } from '../evaluation-table.ts';
import { recallData } from '../data-index.ts';
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

export function registerEvaluate(command: Command): void {
  withComputeOptions(
    command
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
        dataFor: async (task, { manifest }) => {
          // A joint model has a data set per task.
          const { dataset: own, datasets } = manifest.config as {
            dataset?: { digest?: string };
            datasets?: Record<string, { digest?: string }>;
          };
          const { digest } = own ?? datasets?.[task.name] ?? {};
          const path = options.data[task.name] ?? (digest && (await recallData(context.home, digest))) ?? task.name;
          const dataset = await openDataset(path, { searchDirs: dataFolders, preprocess: backbone.preprocess });
          if (digest && dataset.digest !== digest)
            out.warn(
              `${task.name}: ${path} is not the data that the specialist was trained on; images of its training split may be among these.`,
            );
          return dataset;
        },
        onTask: (task) => out.note(`Evaluating ${task} ...`),
      });
      printEvaluation(out, result);
      out.document(evaluationDocument(result));
    });
  });
}

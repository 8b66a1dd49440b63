import { type Command, InvalidArgumentError, Option } from 'commander';
import { collectData } from '../collect-options.ts';
import { wholeNumber, withComputeOptions, withEngine, type ComputeOptions } from '../compute-options.ts';
import { defineAction } from '../context.ts';
import { printEvaluation } from '../evaluation-table.ts';
import { createDataFinder } from '../find-data.ts';
import { modelFolders, openStore, shortDigest } from '../workspace.ts';

const rows = ['specialist', 'unadapted', 'probe', 'majority'] as const;
type Row = (typeof rows)[number];

interface EvaluateOptions extends ComputeOptions {
  readonly split: 'train' | 'val' | 'test';
  readonly against: readonly Row[];
  readonly data: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly keep?: boolean;
  readonly requestId?: string;
}

const parseRows = (text: string): Row[] =>
  text.split(',').map((word) => {
    const row = word.trim().replace(/s$/, '') as Row;
    if (!rows.includes(row)) throw new InvalidArgumentError(`Expected some of ${rows.join(', ')}, got "${word}".`);
    return row;
  });

/** Rows as the contracts name them. */
const inContracts = (row: Row): string => (row === 'specialist' ? 'specialists' : row);

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
      .option('--seed <n>', 'of the bootstrap', wholeNumber(0), 0)
      .option('--request-id <id>', 'with --remote: the same id again is the same run')
      .option('--keep', 'keep the figures in the store as a report, where the console of `serve` shows them'),
  ).addHelpText(
    'after',
    '\nExamples:\n  medlego evaluate generalist\n  medlego evaluate breast --split val --against probe,majority --json',
  );
  defineAction<[string], EvaluateOptions>(command, async (context, options, ref) => {
    const { out } = context;
    if (context.remote) {
      const { evaluateRemote } = await import('../remote/evaluate-remote.ts');
      const { split, against, requestId } = options;
      return evaluateRemote(context, { ref, split, against: against.map(inContracts), requestId });
    }
    const { evaluateArtifact, evaluationDocument, keepEvaluation, openBackboneByDigest } =
      await import('@medlego/workflows');
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
        dataFor: createDataFinder(context, backbone, options.data),
        onTask: (task) => out.note(`Evaluating ${task} ...`),
      });
      printEvaluation(out, result);
      const document = evaluationDocument(result);
      if (options.keep)
        out.note(`Kept as report ${shortDigest((await keepEvaluation(store, subject, document)).digest)}.`);
      out.document(document);
    });
  });
}

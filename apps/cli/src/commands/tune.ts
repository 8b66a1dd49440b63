import { type Command, Option } from 'commander';
import { findMethod, mergeMethods, mergeSpaces } from '@medlego/merging';
import type { NamedBackbone, TuneBudget, TuneMetric, TuneObjective, TunedSpecialists } from '@medlego/workflows';
import { collectData, collectParam, collectText } from '../collect-options.ts';
import { wholeNumber, withComputeOptions, withEngine, type ComputeOptions } from '../compute-options.ts';
import { defineAction, type CommandContext } from '../context.ts';
import { createDataFinder } from '../find-data.ts';
import { recipeText, writeRecipeFile } from '../recipe-file.ts';
import { parseBudget } from '../tune/budget.ts';
import { startOf } from '../tune/start.ts';
import { printTuned } from '../tune/tune-table.ts';
import { modelFolders, openStore, shortDigest } from '../workspace.ts';

interface TuneOptions extends ComputeOptions {
  readonly method?: string;
  readonly space?: string;
  readonly param: Readonly<Record<string, unknown>>;
  readonly search: readonly string[];
  readonly metric: TuneMetric;
  readonly objective: TuneObjective;
  readonly split: 'train' | 'val' | 'test';
  readonly budget: TuneBudget;
  readonly seed: number;
  readonly data: Readonly<Record<string, string>>;
  readonly save?: string;
  readonly output?: string;
  readonly report?: string;
}

export function registerTune(command: Command): void {
  withComputeOptions(
    command
      .argument('<names...>', 'a generalist, whose recipe is the start, or specialists')
      .addOption(
        new Option('--method <id>', "how to merge (default: the generalist's, else med-lego)").choices(
          mergeMethods.map(({ id }) => id),
        ),
      )
      .addOption(
        new Option('--space <id>', "where to merge (default: the generalist's, else the method's first)").choices(
          mergeSpaces.map(({ id }) => id),
        ),
      )
      .option('--param <name=value>', 'a parameter to start from and to leave as it is; repeat', collectParam, {})
      .addOption(
        new Option(
          '--search <name=range>',
          "what to vary: 'lambda=0.2..3', 'balance=none,norm', 'density', 'weights=0..2', 'weights.TASK=-1..1'; repeat",
        )
          .argParser(collectText)
          .default([], 'all parameters that matter'),
      )
      .addOption(new Option('--metric <name>', 'what counts').choices(['acc', 'auc', 'loss']).default('acc'))
      .addOption(
        new Option('--objective <name>', 'mean over tasks, or share kept of what specialists gain over their probes')
          .choices(['mean', 'gain-kept'])
          .default('mean'),
      )
      .addOption(new Option('--split <name>', 'images that decide').choices(['train', 'val', 'test']).default('val'))
      .addOption(
        new Option('--budget <n>', 'candidates, a time, or both: 60, 90s, 5m, 60,5m')
          .argParser(parseBudget)
          .default({ candidates: 60 }, '60'),
      )
      .option('--seed <n>', 'of the order of the search and of the bootstrap', wholeNumber(0), 0)
      .option(
        '--data <task=path>',
        'where the images of a task are, if not where it was trained; repeat',
        collectData,
        {},
      )
      .option('--save <file>', 'write the recipe, for medlego merge --recipe')
      .option('-o, --output <name>', 'merge with the best recipe and store the generalist under this name')
      .option('--report <file>', 'write an HTML report of the search'),
  ).addHelpText(
    'after',
    `
The same call gives the same recipe, unless a time ends it. Ctrl-C ends the search with the best so far.

Examples:
  medlego tune generalist --save recipe.yaml
  medlego tune generalist --search lambda=0.2..3 --search balance=none,norm --budget 40 -o tuned
  medlego tune pneumonia blood --method ties --search density --search weights=0..2 --metric auc --budget 5m
  medlego merge --recipe recipe.yaml -o tuned`,
  );
  defineAction<[string[]], TuneOptions>(command, async (context, options, refs) => {
    const { out } = context;
    const { mergeSpecialists, openBackboneByDigest } = await import('@medlego/workflows');
    const store = await openStore(context);
    if (options.split === 'test')
      out.warn('Figures on test images say nothing any more once those images chose the parameters.');
    if (options.output !== undefined) (await import('@medlego/artifacts')).assertName(options.output);
    const start = await startOf(store, refs, options);
    const backbone = await openBackboneByDigest(store, start.backbone as `sha256:${string}`, modelFolders);
    const tuned = await search(context, options, { start, store, backbone });
    printTuned(out, tuned);

    const stored =
      options.output === undefined
        ? undefined
        : await mergeSpecialists({
            store,
            backbone,
            members: tuned.document.members,
            recipe: tuned.recipe,
            tuned: tuned.document.tuned,
            name: options.output,
          });
    if (stored) out.line(`Stored generalist ${options.output} (${shortDigest(stored.artifact.digest)}).`);
    if (options.save) {
      await writeRecipeFile(options.save, tuned.document);
      out.line(`Wrote ${options.save}: medlego merge --recipe ${options.save}`);
    } else out.line(`\n${await recipeText(tuned.document)}`);
    if (options.report) {
      const { writeTuneReport } = await import('../tune/tune-report.ts');
      await writeTuneReport(options.report, tuned);
      out.line(`Wrote ${options.report}`);
    }
    const { metric, objective, search: searched, start: first, best, gain, candidates, endedBy } = tuned;
    out.document({
      ...(stored && { artifact: stored.artifact.digest, name: options.output }),
      startedFrom: start.generalist ?? null,
      recipe: tuned.document,
      metric,
      objective,
      search: searched,
      start: first,
      best,
      gain,
      candidates,
      endedBy,
    });
  });
}

interface SearchParts {
  readonly start: Awaited<ReturnType<typeof startOf>>;
  readonly store: Awaited<ReturnType<typeof openStore>>;
  readonly backbone: NamedBackbone;
}

async function search(
  context: CommandContext,
  options: TuneOptions,
  { start, store, backbone }: SearchParts,
): Promise<TunedSpecialists> {
  const { defaultSpace, parseSearch, tuneSpecialists } = await import('@medlego/workflows');
  const { recipe, fixed } = start;
  const { metric, objective, split, budget, seed } = options;
  const method = findMethod(recipe.method);
  const findData = createDataFinder(context, backbone, options.data);
  return withEngine(context, options, async (engine) => {
    const bar = context.progress('Tuning', budget.candidates!);
    const began = performance.now();
    try {
      return await tuneSpecialists({
        engine,
        store,
        backbone,
        ...recipe,
        split,
        metric,
        objective,
        budget,
        seed,
        signal: context.signal,
        searchFor: (tasks) =>
          options.search.length > 0 ? parseSearch(options.search, method, tasks) : defaultSpace(method, fixed),
        dataFor: ({ task, artifact }) => findData(task, artifact),
        onCandidate: ({ index }, best, most) => {
          // Of two budgets the one that is nearer to its end moves the bar.
          const spent = budget.seconds ? (performance.now() - began) / 1000 / budget.seconds : 0;
          const done = Math.max(index + 1, Math.min(most, Math.floor(spent * most)));
          bar.update(
            done,
            `best ${metric === 'loss' ? Math.abs(best.objective).toFixed(3) : best.objective.toFixed(3)}`,
          );
        },
      });
    } finally {
      bar.stop();
    }
  });
}

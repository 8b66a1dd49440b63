import { type Command, Option } from 'commander';
import { InvalidValueError } from '@medlego/errors';
import { mergeMethods, mergeSpaces } from '@medlego/merging';
import type { MergedModels, RecipeDocument } from '@medlego/workflows';
import { collectParam } from '../collect-options.ts';
import { numberBetween, wholeNumber } from '../compute-options.ts';
import { defineAction, type CommonOptions } from '../context.ts';
import { printMethods } from '../methods-table.ts';
import { readRecipeFile } from '../recipe-file.ts';
import type { Output } from '../terminal/output.ts';
import { modelFolders, openStore, shortDigest } from '../workspace.ts';

interface MergeOptions extends CommonOptions {
  readonly method: string;
  readonly methods?: string | true;
  readonly space?: string;
  readonly param: Readonly<Record<string, unknown>>;
  readonly threshold?: number;
  readonly mode?: string;
  readonly maxRank?: number;
  readonly lambda?: number;
  readonly balance?: string;
  readonly weights?: string;
  readonly recipe?: string;
  readonly requestId?: string;
  readonly output: string;
}

export function registerMerge(command: Command): void {
  command
    .argument('[members...]', 'specialists by name or digest')
    .addOption(
      new Option('--method <id>', 'how to merge').choices(mergeMethods.map(({ id }) => id)).default('med-lego'),
    )
    .option('--methods [id]', 'list the methods with their spaces and parameters, or one in full, and end')
    .addOption(
      new Option('--space <id>', "where to merge (default: the method's first)").choices(
        mergeSpaces.map(({ id }) => id),
      ),
    )
    .option('--param <name=value>', 'a parameter of the method; may be repeated', collectParam, {})
    .option('--threshold <v>', 'share of the singular values that has to be exceeded', numberBetween(0))
    .addOption(
      new Option('--mode <mode>', 'what the threshold counts').choices([
        'share_of_sigma',
        'share_of_energy',
        'absolute',
      ]),
    )
    .option('--max-rank <k>', 'never keep more than k triplets per module', wholeNumber(1))
    .option('--lambda <x>', 'scale of the merged update', Number)
    .addOption(new Option('--balance <how>', 'bring members to one norm first').choices(['none', 'norm']))
    .option('--weights <list>', 'one number per member, any sign, e.g. 1,1,0.5')
    .option('--recipe <file>', 'YAML or JSON with method, params and members')
    .option('-o, --output <name>', 'name of the generalist', 'generalist')
    .option('--request-id <id>', 'with --remote: the same id again is the same run')
    .addHelpText(
      'after',
      '\nExamples:\n  medlego merge pneumonia blood breast -o generalist\n  medlego merge pneumonia blood --threshold 0.95 --weights 1,0.5\n  medlego merge --methods\n  medlego merge pneumonia blood --method ties --space core --param density=0.5\n  medlego merge --recipe recipe.yaml -o generalist',
    );
  defineAction<[string[]], MergeOptions>(command, async (context, options, refs) => {
    const { out } = context;
    if (options.methods !== undefined) return printMethods(out, options.methods === true ? undefined : options.methods);
    if (options.recipe && refs.length > 0)
      throw new InvalidValueError({ field: 'members', expected: 'none beside --recipe', actual: refs.join(' ') });
    const recipe = options.recipe ? await readRecipeFile(options.recipe) : recipeOf(options, refs);
    if (recipe.members.length === 0)
      throw new InvalidValueError({ field: 'members', expected: 'at least one specialist', actual: 'none' });
    if (context.remote) {
      const { mergeRemote } = await import('../remote/merge-remote.ts');
      return mergeRemote(context, { recipe, name: options.output, requestId: options.requestId });
    }
    const { isFullModel, mergeFullSpecialists, mergeSpecialists, openBackboneByDigest } =
      await import('@medlego/workflows');
    const store = await openStore(context);
    const first = await store.get(recipe.members[0]!.ref, { kind: 'specialist' });
    const backbone = await openBackboneByDigest(store, first.manifest.backbone!, modelFolders);
    const job = {
      store,
      backbone,
      recipe: { method: recipe.method, params: recipe.params, space: recipe.space },
      members: recipe.members,
      tuned: recipe.tuned,
      name: options.output,
    };
    if (isFullModel(first)) return printMergedModels(out, options.output, await mergeFullSpecialists(job));
    const { artifact, report, ms } = await mergeSpecialists(job);
    report.warnings.forEach((warning) => out.warn(warning.message));
    out.line(
      `Stored generalist ${options.output} (${shortDigest(artifact.digest)}): ${report.members.length} members, ${report.totals.modules} modules, merged in ${ms.toFixed(0)} ms.`,
    );
    out.table(
      [{ title: 'Member' }, { title: 'Energy kept', align: 'right' }, { title: 'Strength', align: 'right' }],
      report.members.map(({ name }) => [name, share(report.totals.perTask[name]), share(report.totals.strength[name])]),
    );
    out.document({
      artifact: artifact.digest,
      name: options.output,
      method: report.method,
      modules: report.modules.map(({ module, k, singularValues, energyKept, perTask }) => ({
        module,
        k,
        singularValues,
        energyKept,
        perTask,
      })),
      warnings: report.warnings,
      ms,
    });
  });
}

/** Whole models have no spectrum; what each still has of its strength says how the merge treated it. */
function printMergedModels(out: Output, name: string, { artifact, report, ms }: MergedModels): void {
  report.warnings.forEach((warning) => out.warn(warning.message));
  out.line(
    `Stored generalist ${name} (${shortDigest(artifact.digest)}): ${report.members.length} whole models, ${report.tensors.length} tensors, merged in ${ms.toFixed(0)} ms.`,
  );
  out.table(
    [{ title: 'Member' }, { title: 'Strength', align: 'right' }],
    report.members.map((member) => [member.name, share(report.totals.strength[member.name])]),
  );
  out.document({
    artifact: artifact.digest,
    name,
    method: report.method,
    tensors: report.tensors,
    strength: report.totals.strength,
    warnings: report.warnings,
    ms,
  });
}

const share = (value: number | null | undefined): string => (value == null ? '-' : `${(100 * value).toFixed(1)} %`);

function recipeOf(options: MergeOptions, refs: readonly string[]): RecipeDocument {
  const weights = options.weights?.split(',').map(Number);
  if (weights && (weights.length !== refs.length || weights.some((weight) => !Number.isFinite(weight))))
    throw new InvalidValueError({ field: '--weights', expected: `${refs.length} numbers`, actual: options.weights });
  const { threshold, mode, maxRank, lambda, balance } = options;
  const common = Object.fromEntries(
    Object.entries({ threshold, mode, maxRank, lambda, balance }).filter(([, value]) => value !== undefined),
  );
  const params = { ...options.param, ...common };
  return {
    method: options.method,
    space: options.space,
    params,
    members: refs.map((ref, index) => ({ ref, weight: weights?.[index] })),
  };
}

import { type Command, Option } from 'commander';
import { InvalidValueError } from '@medlego/errors';
import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import type { Task } from '@medlego/tasks';
import type { Dataset } from '@medlego/data';
import type { NamedBackbone, RefittedHead } from '@medlego/workflows';
import { collectData, collectList } from '../collect-options.ts';
import { withComputeOptions, withEngine, type ComputeOptions } from '../compute-options.ts';
import { defineAction, type CommandContext } from '../context.ts';
import { createDataFinder } from '../find-data.ts';
import { outputName } from '../output-name.ts';
import { dataFolders, modelFolders, openStore, shortDigest } from '../workspace.ts';

interface RefitOptions extends ComputeOptions {
  readonly members: readonly string[];
  readonly task?: string;
  readonly headOut?: string;
  readonly data: Readonly<Record<string, string>>;
  readonly output?: string;
}

export function registerRefit(command: Command): void {
  withComputeOptions(
    command
      .argument('<name>', 'a generalist')
      .addOption(
        new Option('--members <tasks>', 'tasks whose heads to solve again').argParser(collectList).default([], 'all'),
      )
      .option('--task <data>', "one member's images, as medlego train takes them: solve its head alone")
      .option('--head-out <file>', 'write that head to a file and store nothing: only the head leaves')
      .option(
        '--data <task=path>',
        'where the images of a task are, if not where it was trained; repeat',
        collectData,
        {},
      )
      .option('-o, --output <name>', 'name of the result (default: a new version of the same name)'),
  ).addHelpText(
    'after',
    `
A head is solved on the features of the merged model, from its own member's images and no one else's. Figures with such heads are
no longer data-free: the artifact says which heads they are, and evaluate repeats it.

Examples:
  medlego refit generalist
  medlego refit generalist --members blood,breast -o refitted
  medlego refit generalist --task blood.npz --head-out blood-head.safetensors     where the images are
  medlego edit generalist --heads blood-head.safetensors                          where the generalist is`,
  );
  defineAction<[string], RefitOptions>(command, async (context, options, ref) => {
    const { out } = context;
    const { openBackboneByDigest, replaceHeads, writeHeadFile } = await import('@medlego/workflows');
    const name = options.headOut ? '' : await outputName(options.output, ref);
    const store = await openStore(context);
    const generalist = await store.get(ref, { kind: 'generalist' });
    const backbone = await openBackboneByDigest(store, generalist.manifest.backbone!, modelFolders);
    const { tasks, dataFor } = await imagesOf(context, options, { store, backbone, generalist });
    const heads = await solve(context, options, { store, backbone, generalist, tasks, dataFor });
    out.table(
      [{ title: 'Head' }, { title: 'Images', align: 'right' }, { title: 'l2', align: 'right' }],
      Object.entries(heads).map(([task, { images, l2 }]) => [task, String(images), l2.toPrecision(3)]),
    );
    const solved = Object.entries(heads).map(([task, { images, l2 }]) => ({ task, images, l2 }));
    if (options.headOut) {
      await writeHeadFile(options.headOut, generalist, { task: tasks[0]!, refitted: heads[tasks[0]!]! });
      out.line(`Wrote ${options.headOut}: the head of ${tasks[0]!}, and nothing of an image.`);
      return out.document({ file: options.headOut, from: generalist.digest, heads: solved });
    }
    const artifact = await replaceHeads({ store, backbone, generalist, heads, name });
    out.line(
      `Stored generalist ${name} (${shortDigest(artifact.digest)}) with re-fitted heads of ${tasks.join(', ')}: no longer data-free.`,
    );
    out.document({ artifact: artifact.digest, name, from: generalist.digest, heads: solved });
  });
}

interface Parts {
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly generalist: StoredArtifact;
}

interface Images {
  readonly tasks: readonly string[];
  readonly dataFor: (task: Task) => Promise<Dataset>;
}

/** Whose heads, and where their images are: one data set that the user names, or what each member was trained on. */
async function imagesOf(
  context: CommandContext,
  { task: data, members, headOut, data: paths }: RefitOptions,
  { store, backbone, generalist }: Parts,
): Promise<Images> {
  if (data !== undefined) {
    const { openDataset } = await import('@medlego/data');
    const dataset = await openDataset(data, { searchDirs: dataFolders, preprocess: backbone.preprocess });
    const tasks = members.length > 0 ? members : [dataset.task.name];
    if (tasks.length > 1)
      throw new InvalidValueError({ field: '--members', expected: 'one task with --task', actual: tasks.join(', ') });
    return { tasks, dataFor: async () => dataset };
  }
  const trainedOn = new Map<string, StoredArtifact>();
  for (const { digest, role } of generalist.manifest.parents)
    if (role === 'member') {
      const member = await store.get(digest);
      trainedOn.set(member.manifest.tasks[0]!.name, member);
    }
  const findData = createDataFinder(context, backbone, paths);
  const tasks = members.length > 0 ? members : generalist.manifest.tasks.map(({ name }) => name);
  if (headOut !== undefined && tasks.length > 1)
    throw new InvalidValueError({
      field: '--head-out',
      expected: 'one head: name its images with --task, or its task with --members',
      actual: tasks.join(', '),
    });
  return { tasks, dataFor: (task) => findData(task, trainedOn.get(task.name) ?? generalist) };
}

async function solve(
  context: CommandContext,
  options: RefitOptions,
  parts: Parts & Images,
): Promise<Readonly<Record<string, RefittedHead>>> {
  const { refitGeneralist } = await import('@medlego/workflows');
  return withEngine(context, options, async (engine) => {
    const bar = context.progress('Refitting', parts.tasks.length);
    try {
      const heads = await refitGeneralist({
        engine,
        ...parts,
        signal: context.signal,
        onTask: (task, index) => bar.update(index, task),
      });
      bar.update(parts.tasks.length);
      return heads;
    } finally {
      bar.stop();
    }
  });
}

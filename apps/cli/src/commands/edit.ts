import type { Command } from 'commander';
import { InvalidValueError } from '@medlego/errors';
import type { EditedGeneralist } from '@medlego/workflows';
import { collectList, collectText, collectWeight } from '../collect-options.ts';
import { defineAction, type CommonOptions } from '../context.ts';
import { outputName } from '../output-name.ts';
import type { Output } from '../terminal/output.ts';
import { modelFolders, openStore, shortDigest } from '../workspace.ts';

interface EditOptions extends CommonOptions {
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly weight: Readonly<Record<string, number>>;
  readonly heads: readonly string[];
  readonly output?: string;
}

export function registerEdit(command: Command): void {
  command
    .argument('<name>', 'a generalist')
    .option('--add <specialists>', 'specialists by name or digest, with commas or repeated', collectList, [])
    .option('--remove <tasks>', 'tasks that shall never have been merged, with commas or repeated', collectList, [])
    .option('--weight <task=w>', 'a new weight, any sign; repeat', collectWeight, {})
    .option('--heads <file>', 'a head that medlego refit --head-out wrote; repeat', collectText, [])
    .option('-o, --output <name>', 'name of the result (default: a new version of the same name)')
    .addHelpText(
      'after',
      `
The recipe is applied again to the changed list of members: removing a task gives the very bytes of never having merged it.

Examples:
  medlego edit generalist --remove blood
  medlego edit generalist --add breast-v2 --remove breast -o newer
  medlego edit generalist --weight pneumonia=0.5 --weight blood=1.5
  medlego edit generalist --heads blood-head.safetensors`,
    );
  defineAction<[string], EditOptions>(command, async (context, options, ref) => {
    const { out } = context;
    const { add, remove, weight: weights, heads: files } = options;
    const isChanged = add.length + remove.length + Object.keys(weights).length > 0;
    if (isChanged && files.length > 0)
      throw new InvalidValueError({
        field: '--heads',
        expected: 'no other change in the same call, since a head belongs to one merge',
        actual: 'members or weights change too',
      });
    const { editGeneralist, openBackboneByDigest, readHeadFile, replaceHeads } = await import('@medlego/workflows');
    const name = await outputName(options.output, ref);
    const store = await openStore(context);
    const generalist = await store.get(ref, { kind: 'generalist' });
    const backbone = await openBackboneByDigest(store, generalist.manifest.backbone!, modelFolders);
    if (files.length === 0) {
      const edited = await editGeneralist({ store, backbone, generalist, add, remove, weights, name });
      return printEdited(out, edited, name, generalist.digest);
    }
    const heads = await Promise.all(files.map((file) => readHeadFile(file, generalist)));
    const artifact = await replaceHeads({
      store,
      backbone,
      generalist,
      heads: Object.fromEntries(heads.map(({ task, refitted }) => [task, refitted])),
      name,
    });
    const tasks = heads.map(({ task }) => task);
    out.line(
      `Stored generalist ${name} (${shortDigest(artifact.digest)}) with re-fitted heads of ${tasks.join(', ')}.`,
    );
    out.document({ artifact: artifact.digest, name, from: generalist.digest, headsReplaced: tasks });
  });
}

const share = (value: number | null): string => (value === null ? '-' : `${(100 * value).toFixed(1)} %`);
const number = (value: number | null): string => (value === null ? '-' : String(Number(value.toPrecision(4))));

function printEdited(out: Output, edited: EditedGeneralist, name: string, from: string): void {
  const { artifact, changes, notes, report } = edited;
  report.warnings.forEach((warning) => out.warn(warning.message));
  notes.forEach((note) => out.warn(note));
  out.line(
    `Stored generalist ${name} (${shortDigest(artifact.digest)}): ${report.members.length} members, merged again by ${report.method}.`,
  );
  out.table(
    [
      { title: 'Task' },
      { title: 'Change' },
      { title: 'Weight', align: 'right' },
      { title: 'Energy kept before', align: 'right' },
      { title: 'after', align: 'right' },
    ],
    changes.map(({ task, change, weightBefore, weightAfter, energyBefore, energyAfter }) => [
      task,
      change,
      weightBefore === null || weightAfter === null || weightBefore === weightAfter
        ? number(weightAfter ?? weightBefore)
        : `${number(weightBefore)} → ${number(weightAfter)}`,
      share(energyBefore),
      share(energyAfter),
    ]),
  );
  out.document({ artifact: artifact.digest, name, from, changes, notes, warnings: report.warnings });
}

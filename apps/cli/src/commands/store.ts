import { type Command } from 'commander';
import type { ArtifactKind, LineageNode } from '@medlego/artifacts';
import { numberBetween } from '../compute-options.ts';
import { defineAction, type CommonOptions } from '../context.ts';
import { openStore, shortDigest } from '../workspace.ts';

const bytes = (count: number): string =>
  count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;

export function registerLs(command: Command): void {
  command
    .option('--kind <kind>', 'only backbone, dataset, specialist, generalist or report')
    .option('--names', 'only names, one a line')
    .option('-a, --all', 'what has no name too: reports, checkpoints, descriptions of data');
  defineAction<[], CommonOptions & { kind?: ArtifactKind; names?: boolean; all?: boolean }>(
    command,
    async (context, { kind, names, all }) => {
      const { out } = context;
      const store = await openStore(context);
      const listed = await store.list(kind ? { kind } : {});
      const found = all ? listed : listed.filter((artifact) => artifact.names.length > 0);
      if (names)
        return found
          .flatMap((artifact) => artifact.names.filter((name) => !name.includes('@')))
          .forEach((name) => out.line(name));
      out.table(
        [{ title: 'Name' }, { title: 'Kind' }, { title: 'Tasks' }, { title: 'Digest' }, { title: 'Created' }],
        found.map(({ names: known, manifest, digest, created }) => [
          known.join(', ') || '-',
          manifest.kind,
          manifest.tasks.map((task) => task.name).join(', '),
          shortDigest(digest),
          created.slice(0, 19).replace('T', ' '),
        ]),
      );
      if (found.length < listed.length)
        out.note(`${listed.length - found.length} more without a name: --all lists them.`);
      if (listed.length === 0) out.line('Nothing yet. `medlego train --help` shows how to make a first specialist.');
      out.document(
        found.map(({ names: known, manifest, digest, created }) => ({
          names: known,
          kind: manifest.kind,
          tasks: manifest.tasks.map((task) => task.name),
          artifact: digest,
          created,
        })),
      );
    },
  );
}

export function registerShow(command: Command): void {
  defineAction<[string], CommonOptions>(
    command.argument('<ref>', 'name, name@version or digest'),
    async (context, _options, ref) => {
      const { digest, manifest, created } = await (await openStore(context)).get(ref);
      if (manifest.config['statistics'])
        context.out.warn(
          'It carries statistics derived from patient data (statistics.safetensors): treat them as data.',
        );
      context.out.line(`${manifest.kind} ${digest}\nstored ${created}\n${JSON.stringify(manifest, null, 2)}`);
      context.out.document({ artifact: digest, created, manifest });
    },
  );
}

export function registerLineage(command: Command): void {
  defineAction<[string], CommonOptions>(command.argument('<ref>', 'name or digest'), async (context, _options, ref) => {
    const tree = await (await openStore(context)).lineage(ref);
    const print = (node: LineageNode, role: string, depth: number): void => {
      const tasks = node.manifest?.tasks.map((task) => task.name).join(', ') ?? 'not in this store';
      context.out.line(
        `${'  '.repeat(depth)}${role} ${node.manifest?.kind ?? '?'} ${shortDigest(node.digest)}  ${tasks}`,
      );
      node.parents.forEach((parent) => print(parent.node, parent.role, depth + 1));
    };
    print(tree, 'this', 0);
    context.out.document(tree);
  });
}

export function registerVerify(command: Command): void {
  defineAction<[string | undefined], CommonOptions>(
    command.argument('[ref]', 'name or digest (default: all)'),
    async (context, _options, ref) => {
      const report = await (await openStore(context)).verify({ ref, signal: context.signal });
      report.problems.forEach(({ kind, subject, file, expected, actual }) =>
        context.out.warn(`${kind}: ${subject}${file ? ` ${file}` : ''}: expected ${expected}, got ${actual}`),
      );
      context.out.line(
        `${report.artifacts} artifacts, ${report.blobs} files, ${bytes(report.bytes)}: ${report.problems.length === 0 ? 'all is well' : `${report.problems.length} problems`}.`,
      );
      context.out.document(report);
      if (report.problems.length > 0) process.exitCode = 1;
    },
  );
}

export function registerGc(command: Command): void {
  command
    .option('--delete', 'really delete')
    .option('--grace-minutes <n>', 'leave alone what is younger', numberBetween(0), 60);
  defineAction<[], CommonOptions & { delete?: boolean; graceMinutes: number }>(command, async (context, options) => {
    const report = await (
      await openStore(context)
    ).gc({ dryRun: !options.delete, graceMs: options.graceMinutes * 60_000 });
    const verb = report.dryRun ? 'Would delete' : 'Deleted';
    context.out.line(
      `${verb} ${report.artifacts.length} artifacts and ${report.blobs.length} files, ${bytes(report.bytes)}.${report.dryRun ? ' Say --delete to do it.' : ''}`,
    );
    context.out.document(report);
  });
}

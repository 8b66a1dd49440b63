import type { Command } from 'commander';
import type { ArtifactKind } from '@medlego/artifacts';
import { ArtifactNotFoundError } from '@medlego/errors';
import { defineAction, type CommonOptions } from '../context.ts';
import { openStore, shortDigest } from '../workspace.ts';

/** Adds what `medlego history NAME` takes and does: all that a name ever pointed at, oldest first. */
export function registerHistory(command: Command): void {
  command.option('--kind <kind>', 'only backbone, dataset, specialist, generalist or report');
  defineAction<[string], CommonOptions & { kind?: ArtifactKind }>(
    command.argument('<name>', 'a name, without its kind and version'),
    async (context, { kind }, name) => {
      const { out } = context;
      if (context.remote && (kind === undefined || kind === 'generalist')) {
        const { printDecisions } = await import('../remote/decisions.ts');
        if (await printDecisions(context, name, kind)) return;
      }
      const histories = await (await openStore(context)).listNames(kind);
      const found = histories.filter((history) => history.name === name);
      if (found.length === 0) {
        const known = [...new Set(histories.map((history) => history.name))];
        throw new ArtifactNotFoundError({ ref: name, wanted: kind ?? 'artifact', known });
      }
      const versions = found.flatMap((history) => history.versions);
      out.table(
        [{ title: 'Version' }, { title: 'Kind' }, { title: 'Digest' }, { title: 'Since' }],
        versions.map(({ version, kind: kindOfVersion, digest, at }) => [
          `${name}@${version}`,
          kindOfVersion,
          shortDigest(digest),
          at.slice(0, 19).replace('T', ' '),
        ]),
      );
      out.document(versions);
    },
  );
}

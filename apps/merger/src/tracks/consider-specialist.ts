import type { ArtifactStore } from '@medlego/artifacts';
import { AppError, ArtifactNotFoundError } from '@medlego/errors';
import type { Registry } from '@medlego/registry';
import { findName } from '@medlego/run-service';
import { isRefused, rememberSpecialist } from './newest-specialist.ts';

export interface ConsiderOptions {
  readonly registry: Registry;
  readonly store: ArtifactStore;
  /** Folders that hold backbones which are not in the store. */
  readonly modelFolders?: readonly string[];
}

export interface PublishedSpecialist {
  readonly name: string;
  readonly version: number;
  readonly artifact: string;
  /** When, where the registry does not say. */
  readonly time: string;
}

/**
 * Looks at a specialist that was published: one that would spoil a merge is refused, with the reason in its name's history; else it is
 * what generalists that follow its task are merged from, until a newer one comes.
 */
export async function considerSpecialist(published: PublishedSpecialist, options: ConsiderOptions): Promise<void> {
  const { registry, store, modelFolders = [] } = options;
  const { name, version, artifact, time } = published;
  const record = await findName(registry.names, 'specialist', name);
  if (record && isRefused(record, version)) return;
  const specialist = await store.get(artifact, { kind: 'specialist' });
  const backbone = specialist.manifest.backbone!;
  const { openBackboneByDigest, screenSpecialist } = await import('@medlego/workflows');
  try {
    await screenSpecialist(store, specialist, await openBackboneByDigest(store, backbone, modelFolders));
  } catch (error) {
    if (!(error instanceof AppError) || (error.kind !== 'bad_input' && error.kind !== 'unsupported')) throw error;
    await registry.names.refuse('specialist', name, version, { by: 'merger', reason: error.message.slice(0, 2000) });
    return;
  }
  const at = record?.versions.find((known) => known.version === version)?.at ?? time;
  const task = specialist.manifest.tasks[0]!.name;
  await rememberSpecialist(registry, { task, backbone, name, version, artifact, at });
}

/** Looks at the newest specialists of some tasks that were published before anybody followed these. */
export async function considerKnown(tasks: readonly string[], options: ConsiderOptions): Promise<void> {
  const { registry, store } = options;
  let after: string | undefined;
  do {
    const page = await registry.names.list({ kinds: ['specialist'], limit: 1000, ...(after && { after }) });
    for (const record of page.names) {
      const newest = record.versions.findLast(({ version }) => !isRefused(record, version));
      if (!newest) continue;
      const specialist = await store.get(newest.digest, { kind: 'specialist' }).catch((error: unknown) => {
        if (error instanceof ArtifactNotFoundError) return null; // the registry remembers what the store has given up
        throw error;
      });
      if (!specialist || !tasks.includes(specialist.manifest.tasks[0]!.name)) continue;
      const { version, digest: artifact, at: time } = newest;
      await considerSpecialist({ name: record.name, version, artifact, time }, options);
    }
    after = page.next ?? undefined;
  } while (after !== undefined);
}

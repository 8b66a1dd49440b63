import {
  backboneFiles,
  currentVersion,
  specialistFiles,
  type ArtifactKind,
  type ArtifactStore,
  type StoredArtifact,
} from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import { RevisionConflictError } from '@medlego/errors';
import type { PublishedVersion, Registry } from '@medlego/registry';
import { findName } from '@medlego/run-service';

export interface AnnounceNameOptions {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
  /** Who pointed the name there. */
  readonly by: string;
}

/**
 * Tells the others what a name of the store points at: publishes it in the registry, then says so on the bus. Of several writers at once the
 * last one's artifact ends up published. Repeating it changes nothing, and the event keeps its id.
 */
export async function announceName(
  kind: ArtifactKind,
  name: string,
  { bus, registry, store, by }: AnnounceNameOptions,
): Promise<PublishedVersion> {
  for (;;) {
    const newest = (await findName(registry.names, kind, name))?.versions.at(-1)?.digest ?? null;
    // Read after the record: if the store's name moves on meanwhile, whoever moved it finds the record changed, and we do if he was faster.
    const { digest } = currentVersion(await store.history(kind, name));
    try {
      const published = await registry.names.publish(kind, name, digest, { by, expected: newest });
      await publishEvent(bus, await store.get(digest, { kind }), name, published.version);
      return published;
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
    }
  }
}

/** Generalists and reports have no event here: the merger and the evaluator know more about theirs. */
async function publishEvent(bus: Bus, { digest, manifest }: StoredArtifact, name: string, version: number) {
  const { kind, files, tasks } = manifest;
  const event = { about: name, id: `${kind}-${name}-${version}-published` };
  const data = { artifact: digest, name, version };
  if (kind === 'dataset') await bus.publish({ ...event, type: 'dataset.published', data });
  if (kind === 'backbone') {
    const weights = files[backboneFiles.model]!.digest;
    await bus.publish({ ...event, type: 'backbone.published', data: { ...data, weights } });
  }
  if (kind === 'specialist') {
    const weights = (files[specialistFiles.adapter] ?? files[specialistFiles.head])!.digest;
    await bus.publish({ ...event, type: 'specialist.published', data: { ...data, weights, task: tasks[0]!.name } });
  }
}

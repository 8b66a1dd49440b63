import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { NameNotFoundError } from '@medlego/errors';
import type { Decision, Registry } from '@medlego/registry';

/** The versions of a model's name and what was decided about them, newest first. */
export interface ModelHistory {
  readonly versions: readonly { version: number; artifact: string; at: string; by: string }[];
  /** Number of the version that answers; null where the name has no such version. */
  readonly serving: number | null;
  readonly decisions: readonly Decision[];
}

/** As the registry knows it; without one, or for a name that it does not know, as the store does. */
export async function modelHistory(
  name: string,
  { digest, manifest }: Pick<StoredArtifact, 'digest' | 'manifest'>,
  { store, registry }: { readonly store: ArtifactStore; readonly registry?: Registry | undefined },
): Promise<ModelHistory> {
  const known = await registry?.names.history(manifest.kind, name).catch((error: unknown) => {
    if (error instanceof NameNotFoundError) return undefined;
    throw error;
  });
  const versions = known
    ? known.versions.map(({ version, digest: artifact, at, by }) => ({ version, artifact, at, by }))
    : await storedVersions(store, manifest.kind, name);
  return {
    versions: versions.toReversed(),
    serving: versions.findLast(({ artifact }) => artifact === digest)?.version ?? null,
    decisions: known?.decisions.toReversed() ?? [],
  };
}

async function storedVersions(store: ArtifactStore, kind: StoredArtifact['manifest']['kind'], name: string) {
  const history = (await store.listNames(kind)).find((entry) => entry.name === name);
  return (history?.versions ?? []).map(({ version, digest: artifact, at }) => ({ version, artifact, at, by: '' }));
}

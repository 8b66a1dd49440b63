import { mapConcurrent } from '@medlego/async';
import { AppError } from '@medlego/errors';
import type { Digest } from '@medlego/tensors';
import type { ArtifactDriver, ListedObject } from './driver.ts';
import { digestOfKey, manifestKey, manifestPrefix } from './keys.ts';
import type { ArtifactKind, Manifest } from './manifest.ts';
import { readsAtOnce } from './names.ts';
import type { ListOptions } from './store.ts';
import { readManifest } from './stored-manifest.ts';

/** What a listing has to know of an artifact to choose it. */
export interface IndexedArtifact {
  readonly digest: Digest;
  readonly kind: ArtifactKind;
  readonly parents: readonly Digest[];
  readonly created: string;
}

export interface ArtifactIndex {
  /**
   * All artifacts as they are now, oldest first, and the manifests that had to be read for it, unless they are very many.
   * @throws what a damaged manifest throws, unless `onDamaged` is told
   */
  read(onDamaged: ListOptions['onDamaged']): Promise<{
    readonly artifacts: readonly IndexedArtifact[];
    readonly manifests: ReadonlyMap<Digest, Manifest>;
  }>;
}

/** Manifests beyond this many are read again rather than held. */
const mostHeld = 5000;

/**
 * Remembers kind, parents and time of every manifest: they never change, so only new ones are read. Exact: asks the driver each time whether
 * anything came or went, at the cost of one look where the driver has `revision`, of listing the keys otherwise.
 */
export function createArtifactIndex(driver: ArtifactDriver): ArtifactIndex {
  const known = new Map<Digest, IndexedArtifact>();
  let sorted: readonly IndexedArtifact[] = [];
  let revision: string | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const refresh = async (onDamaged: ListOptions['onDamaged']) => {
    const manifests = new Map<Digest, Manifest>();
    const now = await driver.revision?.(manifestPrefix); // before the listing: what comes during it counts as new
    if (now !== undefined && now === revision) return { artifacts: sorted, manifests };
    const present = new Set<Digest>();
    const unknown: (readonly [Digest, ListedObject?])[] = [];
    for await (const [digest, object] of listManifests(driver)) {
      present.add(digest);
      if (!known.has(digest)) unknown.push([digest, object]);
    }
    let damaged = 0;
    const found = await mapConcurrent(unknown, { limit: readsAtOnce }, async ([digest, object]) => {
      try {
        const manifest = await readManifest(driver, digest);
        const stat = object ?? (await driver.stat(manifestKey(digest)));
        if (!manifest || !stat) return undefined; // deleted a moment ago
        if (unknown.length <= mostHeld) manifests.set(digest, manifest);
        return toIndexed(digest, manifest, stat.createdMs);
      } catch (error) {
        if (!onDamaged || !(error instanceof AppError)) throw error;
        damaged++;
        onDamaged(digest, error);
        return undefined;
      }
    });
    for (const artifact of found) if (artifact) known.set(artifact.digest, artifact);
    const gone = [...known.keys()].filter((digest) => !present.has(digest));
    for (const digest of gone) known.delete(digest);
    if (gone.length > 0 || known.size !== sorted.length) sorted = [...known.values()].sort(byTime);
    revision = damaged > 0 ? undefined : now; // damaged ones are told of each time
    return { artifacts: sorted, manifests };
  };

  return {
    read(onDamaged) {
      const result = turn.then(() => refresh(onDamaged));
      turn = result.catch(() => undefined);
      return result;
    },
  };
}

async function* listManifests(driver: ArtifactDriver): AsyncIterable<readonly [Digest, ListedObject?]> {
  if (driver.keys) {
    for (const key of await driver.keys(manifestPrefix)) {
      const digest = digestOfKey(key);
      if (digest) yield [digest];
    }
    return;
  }
  for await (const object of driver.list(manifestPrefix)) {
    const digest = digestOfKey(object.key);
    if (digest) yield [digest, object];
  }
}

const toIndexed = (digest: Digest, { kind, parents }: Manifest, createdMs: number): IndexedArtifact => ({
  digest,
  kind,
  parents: parents.map((parent) => parent.digest),
  created: new Date(createdMs).toISOString(),
});

const byTime = (a: IndexedArtifact, b: IndexedArtifact): number =>
  compare(a.created, b.created) || compare(a.digest, b.digest);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

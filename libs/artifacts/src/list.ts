import { mapConcurrent } from '@medlego/async';
import { AppError } from '@medlego/errors';
import type { Digest } from '@medlego/tensors';
import type { ArtifactIndex, IndexedArtifact } from './artifact-index.ts';
import type { ArtifactDriver } from './driver.ts';
import { currentVersion, readsAtOnce, type NameHistory } from './names.ts';
import { toKinds } from './resolve-ref.ts';
import type { ListedArtifact, ListOptions } from './store.ts';
import { readManifest } from './stored-manifest.ts';

export async function listArtifacts(
  driver: ArtifactDriver,
  index: ArtifactIndex,
  histories: () => Promise<readonly NameHistory[]>,
  { kind, parent, after, limit = Infinity, onDamaged }: ListOptions,
): Promise<ListedArtifact[]> {
  const kinds = toKinds(kind);
  const { artifacts, manifests } = await index.read(onDamaged);
  const isWanted = (artifact: IndexedArtifact) =>
    kinds.includes(artifact.kind) && (parent === undefined || artifact.parents.includes(parent));
  const wanted = artifacts.slice(after === undefined ? 0 : firstAfter(artifacts, after)).filter(isWanted);

  const names = namesByDigest(await histories());
  const read = async ({ digest, created }: IndexedArtifact): Promise<ListedArtifact | undefined> => {
    const manifest = manifests.get(digest) ?? (await readListed(driver, digest, onDamaged));
    return manifest && { digest, manifest, created, names: names.get(digest) ?? [] };
  };
  const page: ListedArtifact[] = [];
  // More than one round only where something was deleted or damaged since.
  for (let from = 0; page.length < limit && from < wanted.length;) {
    const to = Math.min(wanted.length, from + limit - page.length);
    const found = await mapConcurrent(wanted.slice(from, to), { limit: readsAtOnce }, read);
    page.push(...found.filter((artifact) => artifact !== undefined));
    from = to;
  }
  return page;
}

/** Index of the first artifact behind a position; they are sorted. */
function firstAfter(artifacts: readonly IndexedArtifact[], after: Pick<IndexedArtifact, 'created' | 'digest'>): number {
  let [low, high] = [0, artifacts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { created, digest } = artifacts[middle]!;
    if (created < after.created || (created === after.created && digest <= after.digest)) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function readListed(driver: ArtifactDriver, digest: Digest, onDamaged: ListOptions['onDamaged']) {
  try {
    return await readManifest(driver, digest);
  } catch (error) {
    if (!onDamaged || !(error instanceof AppError)) throw error;
    onDamaged(digest, error);
    return undefined;
  }
}

function namesByDigest(histories: readonly NameHistory[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const history of histories) {
    const current = currentVersion(history);
    for (const version of history.versions) {
      const name = version === current ? version.name : `${version.name}@${version.version}`;
      const known = names.get(version.digest);
      if (known) known.push(name);
      else names.set(version.digest, [name]);
    }
  }
  return names;
}

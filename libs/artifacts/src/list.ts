import { mapConcurrent } from '@medlego/async';
import { AppError } from '@medlego/errors';
import type { Digest } from '@medlego/tensors';
import type { ArtifactDriver, ListedObject } from './driver.ts';
import { digestOfKey, manifestPrefix } from './keys.ts';
import { currentVersion, listHistories, readsAtOnce } from './names.ts';
import { toKinds } from './resolve-ref.ts';
import type { ListedArtifact, ListOptions } from './store.ts';
import { readManifest } from './stored-manifest.ts';

export async function listArtifacts(
  driver: ArtifactDriver,
  { kind, parent, onDamaged }: ListOptions,
): Promise<ListedArtifact[]> {
  const names = await namesByDigest(driver);
  const kinds = toKinds(kind);
  const read = async ({ key, createdMs }: ListedObject): Promise<ListedArtifact | undefined> => {
    const digest = digestOfKey(key);
    const manifest = digest && (await readListed(driver, digest, onDamaged));
    if (!manifest || !kinds.includes(manifest.kind)) return undefined;
    if (parent && !manifest.parents.some((candidate) => candidate.digest === parent)) return undefined;
    return { digest, manifest, created: new Date(createdMs).toISOString(), names: names.get(digest) ?? [] };
  };
  const artifacts = await mapConcurrent(driver.list(manifestPrefix), { limit: readsAtOnce }, read);
  return artifacts
    .filter((artifact) => artifact !== undefined)
    .sort((a, b) => compare(a.created, b.created) || compare(a.digest, b.digest));
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

async function namesByDigest(driver: ArtifactDriver): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  for (const history of await listHistories(driver)) {
    const current = currentVersion(history);
    for (const version of history.versions) {
      const name = version === current ? version.name : `${version.name}@${version.version}`;
      names.set(version.digest, [...(names.get(version.digest) ?? []), name]);
    }
  }
  return names;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

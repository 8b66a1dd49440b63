import type { Digest } from '@medlego/tensors';
import type { ArtifactDriver } from './driver.ts';
import { blobPrefix, digestOfKey, manifestKey, manifestPrefix, signaturePrefixOf, temporaryPrefix } from './keys.ts';
import type { Manifest } from './manifest.ts';
import { listHistories } from './names.ts';
import { readManifest } from './stored-manifest.ts';

export interface GcOptions {
  /** Only tell what would go. Default: true. */
  readonly dryRun?: boolean;
  /** Leave alone what is younger: a `put` may be about to name it. Default: one hour. */
  readonly graceMs?: number;
}

export interface GcReport {
  readonly dryRun: boolean;
  /** Artifacts that no name leads to. */
  readonly artifacts: readonly Digest[];
  /** Blobs that no kept artifact uses. */
  readonly blobs: readonly Digest[];
  /** Leftovers of writers that crashed. */
  readonly temporaries: number;
  /** What all of these take up. */
  readonly bytes: number;
  /** Artifacts that stay. */
  readonly kept: number;
}

interface Candidate {
  readonly key: string;
  readonly digest: Digest;
  readonly size: number;
}

/**
 * What stays: every artifact that a name points at (in any version), all that those were made from, and the reports about
 * anything that stays. Order matters: names are read after manifests and blobs are listed, and what is deleted is
 * manifests first, so that a crash in between leaves blobs without a manifest and never a manifest without blobs.
 *
 * @throws CorruptBlobError if a manifest that stays is damaged: what it uses cannot be known, so nothing is deleted
 */
export async function collectGarbage(
  driver: ArtifactDriver,
  { dryRun = true, graceMs = 3_600_000 }: GcOptions,
  now: () => number,
): Promise<GcReport> {
  const oldest = now() - graceMs;
  const manifests: Candidate[] = [];
  const young = new Set<Digest>();
  for await (const { key, size, modifiedMs } of driver.list(manifestPrefix)) {
    const digest = digestOfKey(key);
    if (!digest) continue;
    manifests.push({ key, digest, size });
    if (modifiedMs > oldest) young.add(digest);
  }
  const blobs: Candidate[] = [];
  for await (const { key, size, modifiedMs } of driver.list(blobPrefix)) {
    const digest = digestOfKey(key);
    if (digest && modifiedMs <= oldest) blobs.push({ key, digest, size });
  }
  const temporaries: Candidate['key'][] = [];
  let bytes = 0;
  for await (const { key, size, modifiedMs } of driver.list(temporaryPrefix)) {
    if (modifiedMs > oldest) continue;
    temporaries.push(key);
    bytes += size;
  }

  const kept = await reachable(
    driver,
    manifests.map(({ digest }) => digest),
    young,
  );
  const used = new Set([...kept.values()].flatMap(({ files }) => Object.values(files).map(({ digest }) => digest)));
  const oldManifests = manifests.filter(({ digest }) => !kept.has(digest));
  const oldBlobs = blobs.filter(({ digest }) => !used.has(digest));
  bytes += [...oldManifests, ...oldBlobs].reduce((sum, { size }) => sum + size, 0);

  if (!dryRun) {
    for (const { digest } of oldManifests) await deleteManifest(driver, digest);
    for (const { key } of oldBlobs) {
      const stat = await driver.stat(key);
      if (stat && stat.modifiedMs <= oldest) await driver.delete(key); // else a `put` has found it useful meanwhile
    }
    for (const key of temporaries) await driver.delete(key);
  }
  return {
    dryRun,
    artifacts: oldManifests.map(({ digest }) => digest),
    blobs: oldBlobs.map(({ digest }) => digest),
    temporaries: temporaries.length,
    bytes,
    kept: kept.size,
  };
}

async function reachable(
  driver: ArtifactDriver,
  all: readonly Digest[],
  young: ReadonlySet<Digest>,
): Promise<Map<Digest, Manifest>> {
  const kept = new Map<Digest, Manifest>();
  const keep = async (digest: Digest): Promise<void> => {
    if (kept.has(digest)) return;
    const manifest = await readManifest(driver, digest);
    if (!manifest) return; // a parent that was never here; a dangling name is for `verify` to report
    kept.set(digest, manifest);
    for (const parent of manifest.parents) await keep(parent.digest);
  };
  for (const { versions } of await listHistories(driver)) for (const { digest } of versions) await keep(digest);
  for (const digest of young) await keep(digest);

  for (const digest of all) {
    if (kept.has(digest)) continue;
    // A damaged manifest that nothing refers to is garbage like any other.
    const manifest = await readManifest(driver, digest).catch(() => undefined);
    if (manifest?.kind === 'report' && manifest.parents.some((parent) => kept.has(parent.digest))) await keep(digest);
  }
  return kept;
}

async function deleteManifest(driver: ArtifactDriver, digest: Digest): Promise<void> {
  await driver.delete(manifestKey(digest));
  for await (const { key } of driver.list(signaturePrefixOf(digest))) await driver.delete(key);
}

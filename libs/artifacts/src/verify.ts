import { throwIfStopped } from '@medlego/async';
import { AppError, CorruptBlobError } from '@medlego/errors';
import type { Digest } from '@medlego/tensors';
import { inspectBlob } from './blobs.ts';
import type { ArtifactDriver } from './driver.ts';
import { digestOfKey, manifestKey, manifestPrefix } from './keys.ts';
import { listHistories } from './names.ts';
import { checkSignature, type TrustPolicy } from './signing.ts';
import { readManifest } from './stored-manifest.ts';

export interface VerifyOptions {
  /** One artifact; default: all, and the names. */
  readonly ref?: string;
  readonly signal?: AbortSignal;
  /** Called after each blob, for a progress bar. */
  readonly onProgress?: (progress: { readonly bytesDone: number; readonly bytesTotal: number }) => void;
}

export type ProblemKind =
  | 'missing' // no bytes
  | 'truncated' // fewer bytes than the manifest says
  | 'corrupt' // other bytes
  | 'manifest' // a manifest that is damaged or of a newer version
  | 'dangling-name' // a name that points at no manifest
  | 'name' // a version of a name that cannot be read
  | 'signature'; // required, and missing, wrong or not trusted

export interface Problem {
  readonly kind: ProblemKind;
  /** The artifact's digest, or `kind/name@version` for a name. */
  readonly subject: string;
  readonly file?: string;
  readonly expected: string;
  readonly actual: string;
}

export interface VerifyReport {
  readonly artifacts: number;
  readonly blobs: number;
  readonly bytes: number;
  /** Empty: all is well. */
  readonly problems: readonly Problem[];
}

/** Re-hashes manifests and blobs; a blob that several artifacts share is read once and reported for each. */
export async function verifyArtifacts(
  driver: ArtifactDriver,
  digests: readonly Digest[] | undefined,
  { signal, onProgress }: VerifyOptions,
  trust: TrustPolicy,
): Promise<VerifyReport> {
  const problems: Problem[] = [];
  const ids = digests ?? (await manifestDigests(driver));
  const users = new Map<Digest, { subject: Digest; file: string; size: number }[]>();
  for (const id of ids) {
    throwIfStopped(signal, 'verify');
    try {
      const manifest = await readManifest(driver, id);
      for (const [file, { digest, size }] of Object.entries(manifest?.files ?? {}))
        users.set(digest, [...(users.get(digest) ?? []), { subject: id, file, size }]);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const actual = error instanceof CorruptBlobError ? error.facts.actual : error.message;
      problems.push({ kind: 'manifest', subject: id, expected: id, actual });
      continue;
    }
    const distrust = await checkSignature(driver, id, trust);
    if (distrust) problems.push({ kind: 'signature', subject: id, ...distrust });
  }

  const bytesTotal = [...users.values()].reduce((sum, [first]) => sum + first!.size, 0);
  let bytesDone = 0;
  for (const [digest, uses] of users) {
    throwIfStopped(signal, 'verify');
    const found = await inspectBlob(driver, digest);
    for (const { subject, file, size } of uses) {
      const place = { subject, file };
      if (!found) problems.push({ kind: 'missing', ...place, expected: digest, actual: 'nothing' });
      else if (found.size < size)
        problems.push({ kind: 'truncated', ...place, expected: `${size} bytes`, actual: `${found.size} bytes` });
      else if (found.digest !== digest || found.size !== size)
        problems.push({ kind: 'corrupt', ...place, expected: digest, actual: found.digest });
    }
    bytesDone += uses[0]!.size;
    onProgress?.({ bytesDone, bytesTotal });
  }

  if (!digests) problems.push(...(await verifyNames(driver)));
  return { artifacts: ids.length, blobs: users.size, bytes: bytesTotal, problems };
}

export async function manifestDigests(driver: ArtifactDriver): Promise<Digest[]> {
  const digests: Digest[] = [];
  for await (const { key } of driver.list(manifestPrefix)) {
    const digest = digestOfKey(key);
    if (digest) digests.push(digest);
  }
  return digests;
}

async function verifyNames(driver: ArtifactDriver): Promise<Problem[]> {
  const problems: Problem[] = [];
  try {
    for (const { versions } of await listHistories(driver))
      for (const { kind, name, version, digest } of versions)
        if (!(await driver.stat(manifestKey(digest))))
          problems.push({
            kind: 'dangling-name',
            subject: `${kind}/${name}@${version}`,
            expected: digest,
            actual: 'nothing',
          });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    problems.push({ kind: 'name', subject: 'names', expected: 'readable versions', actual: error.message });
  }
  return problems;
}

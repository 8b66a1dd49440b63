import { AmbiguousRefError, ArtifactNotFoundError, InvalidValueError } from '@medlego/errors';
import { isDigest, type Digest } from '@medlego/tensors';
import type { ArtifactDriver } from './driver.ts';
import { digestOfKey, manifestKey, manifestPrefix } from './keys.ts';
import { artifactKinds, type ArtifactKind } from './manifest.ts';
import { currentVersion, listHistories, readHistory, type NameVersion } from './names.ts';
import { parseRef, type ParsedRef } from './ref.ts';
import type { ResolveOptions } from './store.ts';
import { readManifest } from './stored-manifest.ts';

/** The digest that a reference stands for; see `ArtifactStore` for the forms. */
export async function resolveRef(driver: ArtifactDriver, ref: string, { kind }: ResolveOptions): Promise<Digest> {
  const parsed = parseRef(ref);
  const kinds = toKinds(kind);
  const named = await findByName(driver, parsed, kinds);
  if (named.length === 1) return named[0]!.digest;
  if (named.length > 1)
    throw new AmbiguousRefError({
      ref,
      candidates: named.map((found) => `${found.kind}/${found.name}@${found.version}`),
    });

  const digests = await findByDigest(driver, parsed);
  if (digests.length > 1) throw new AmbiguousRefError({ ref, candidates: digests });
  const [digest] = digests;
  if (!digest) {
    const histories = await listHistories(driver, kinds);
    throw new ArtifactNotFoundError({
      ref,
      wanted: kind === undefined ? 'artifact' : kinds.join(' or '),
      known: namesOf(histories, parsed),
    });
  }
  await assertKindOf(driver, digest, ref, kinds);
  return digest;
}

export const toKinds = (kind: ResolveOptions['kind']): readonly ArtifactKind[] =>
  kind === undefined ? artifactKinds : typeof kind === 'string' ? [kind] : kind;

async function findByName(
  driver: ArtifactDriver,
  ref: ParsedRef,
  kinds: readonly ArtifactKind[],
): Promise<NameVersion[]> {
  if (ref.name === undefined) return [];
  const found: NameVersion[] = [];
  for (const kind of kinds) {
    if (ref.kind !== undefined && ref.kind !== kind) continue;
    const history = await readHistory(driver, kind, ref.name);
    if (!history) continue;
    const version =
      ref.version === undefined
        ? currentVersion(history)
        : history.versions.find((entry) => entry.version === ref.version);
    if (version) found.push(version);
  }
  return found;
}

async function findByDigest(
  driver: ArtifactDriver,
  { digest, digestPrefix, kind, version }: ParsedRef,
): Promise<Digest[]> {
  if (digest) return (await driver.stat(manifestKey(digest))) ? [digest] : [];
  if (digestPrefix === undefined || kind !== undefined || version !== undefined) return [];
  if (isDigest(`sha256:${digestPrefix}`)) return findByDigest(driver, { digest: `sha256:${digestPrefix}` });
  const found: Digest[] = [];
  for await (const { key } of driver.list(manifestPrefix)) {
    const candidate = digestOfKey(key);
    if (candidate?.startsWith(`sha256:${digestPrefix}`)) found.push(candidate);
  }
  return found;
}

async function assertKindOf(
  driver: ArtifactDriver,
  digest: Digest,
  ref: string,
  kinds: readonly ArtifactKind[],
): Promise<void> {
  if (kinds.length === artifactKinds.length) return;
  const manifest = await readManifest(driver, digest);
  if (manifest && !kinds.includes(manifest.kind))
    throw new InvalidValueError({ field: ref, expected: `a ${kinds.join(' or ')}`, actual: `a ${manifest.kind}` });
}

const maxSuggestions = 10;

/** Names to offer instead: the versions of this name if it is known, else the names that look most like it. */
function namesOf(histories: Awaited<ReturnType<typeof listHistories>>, { name }: ParsedRef): string[] {
  const same = histories.filter((history) => history.name === name);
  if (same.length > 0)
    return same
      .flatMap(({ versions }) => versions.map((entry) => `${entry.name}@${entry.version}`))
      .slice(-maxSuggestions);
  return [...new Set(histories.map((history) => history.name))]
    .map((candidate) => ({ candidate, likeness: sharedPrefix(candidate, name ?? '') }))
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, maxSuggestions)
    .map(({ candidate }) => candidate);
}

function sharedPrefix(a: string, b: string): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
  return length;
}

import { mapConcurrent } from '@medlego/async';
import { ArtifactNotFoundError, FileFormatError, InvalidValueError, NameConflictError } from '@medlego/errors';
import { isDigest, type Digest } from '@medlego/tensors';
import { canonicalJson } from './canonical-json.ts';
import type { ArtifactDriver } from './driver.ts';
import { nameHistoryPrefix, namePrefix, nameVersionKey } from './keys.ts';
import { artifactKinds, type ArtifactKind } from './manifest.ts';
import { assertName } from './ref.ts';

export interface NameVersion {
  readonly kind: ArtifactKind;
  readonly name: string;
  /** Counted from 1. */
  readonly version: number;
  readonly digest: Digest;
  /** When the name was pointed here, ISO 8601 in UTC. */
  readonly at: string;
}

/** A name and all it ever pointed at, oldest first; never empty. */
export interface NameHistory {
  readonly kind: ArtifactKind;
  readonly name: string;
  readonly versions: readonly NameVersion[];
}

export interface SetNameOptions {
  /** Compare-and-set: the digest that the name has to point at before, null for "must be new". Default: anything. */
  readonly expected?: Digest | null;
}

/** The version that a name stands for without `@`. */
export const currentVersion = (history: Pick<NameHistory, 'versions'>): NameVersion => history.versions.at(-1)!;

/**
 * Appends a version. Each version is an object that is created once, so of two writers one gets the number and the other
 * tries the next; no locks that a crash could leave behind. Pointing a name at where it points already changes nothing.
 */
export async function appendName(
  driver: ArtifactDriver,
  target: Omit<NameVersion, 'version'>,
  { expected }: SetNameOptions = {},
): Promise<NameVersion> {
  const { kind, name, digest } = target;
  assertName(name);
  for (;;) {
    const history = await readHistory(driver, kind, name);
    const current = history && currentVersion(history);
    if (current?.digest === digest) return current; // before the comparison: a writer whose answer was lost asks again
    if (expected !== undefined && (current?.digest ?? null) !== expected)
      throw new NameConflictError({
        name: `${kind}/${name}`,
        expected: expected ?? 'nothing',
        actual: current?.digest ?? 'nothing',
      });
    const next: NameVersion = { ...target, version: (current?.version ?? 0) + 1 };
    const created = await driver.create(nameVersionKey(kind, name, next.version), canonicalJson(next, 'name'));
    if (created === 'created') return next;
  }
}

/** Small objects that are read at the same time: hides the latency of a disk or a server. */
export const readsAtOnce = 16;

export async function readHistory(
  driver: ArtifactDriver,
  kind: ArtifactKind,
  name: string,
): Promise<NameHistory | undefined> {
  const versions = await readVersions(driver, nameHistoryPrefix(kind, name));
  return versions.length > 0 ? { kind, name, versions } : undefined;
}

/** Sorted by kind (in the order of `artifactKinds`) and name. */
export async function listHistories(
  driver: ArtifactDriver,
  kinds: readonly ArtifactKind[] = artifactKinds,
  remembered?: RememberedVersions,
): Promise<NameHistory[]> {
  const histories = new Map<string, { kind: ArtifactKind; name: string; versions: NameVersion[] }>();
  for (const wanted of kinds)
    for (const version of await readVersions(driver, `${namePrefix}${wanted}/`, remembered)) {
      const { kind, name } = version;
      const history = histories.get(`${kind}/${name}`) ?? { kind, name, versions: [] };
      history.versions.push(version);
      histories.set(`${kind}/${name}`, history);
    }
  return [...histories.values()];
}

/** Versions that were read before, by key, with the time of their object: a name that was removed may come again. */
export type RememberedVersions = Map<string, { readonly createdMs: number; readonly version: NameVersion }>;

async function readVersions(
  driver: ArtifactDriver,
  prefix: string,
  remembered?: RememberedVersions,
): Promise<NameVersion[]> {
  const versions = await mapConcurrent(driver.list(prefix), { limit: readsAtOnce }, async ({ key, createdMs }) => {
    const before = remembered?.get(key);
    if (before?.createdMs === createdMs) return before.version;
    const version = await readVersion(driver, key);
    if (version) remembered?.set(key, { createdMs, version });
    return version;
  });
  return versions.filter((version) => version !== undefined);
}

/** Newest version first, so that a crash in between leaves an older state of the name and not a gap. */
export async function deleteName(driver: ArtifactDriver, kind: ArtifactKind, name: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of driver.list(nameHistoryPrefix(kind, name))) keys.push(key);
  if (keys.length === 0) throw new ArtifactNotFoundError({ ref: name, wanted: kind, known: [] });
  for (const key of keys.reverse()) await driver.delete(key);
}

const keyPattern = /^names\/([a-z]+)\/([a-z0-9][a-z0-9._-]{0,99})\/([0-9]{8})\.json$/;

async function readVersion(driver: ArtifactDriver, key: string): Promise<NameVersion | undefined> {
  const [, kind, name, number] = keyPattern.exec(key) ?? [];
  if (number === undefined) return undefined; // somebody else's file
  const bytes = await driver.read(key);
  if (!bytes) return undefined; // removed a moment ago
  const version = parseVersion(bytes);
  const agrees = version?.kind === kind && version?.name === name && version?.version === Number(number);
  if (!version || !agrees)
    throw new FileFormatError({
      file: `${driver.location}/${key}`,
      expected: `version ${Number(number)} of ${kind}/${name}`,
      actual: 'something else; remove this file or restore it',
    });
  return version;
}

function parseVersion(bytes: Uint8Array): NameVersion | undefined {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as NameVersion;
    return isDigest(value.digest) && typeof value.at === 'string' ? value : undefined;
  } catch {
    return undefined; // the caller reports it with the file's name
  }
}

/** @throws InvalidValueError unless the text is a kind of artifact */
export function assertKind(kind: string): asserts kind is ArtifactKind {
  if (!(artifactKinds as readonly string[]).includes(kind))
    throw new InvalidValueError({ field: 'kind', expected: artifactKinds.join(', '), actual: kind });
}

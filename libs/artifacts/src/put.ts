import { CorruptBlobError, InvalidValueError, MissingBlobError } from '@medlego/errors';
import { digestBytes, type Digest } from '@medlego/tensors';
import { describeSource, putBlob } from './blobs.ts';
import { canonicalJson } from './canonical-json.ts';
import type { ArtifactDriver } from './driver.ts';
import { blobKey, manifestKey } from './keys.ts';
import { manifestSchema, type ArtifactDraft, type FileEntry, type FileSource, type Manifest } from './manifest.ts';
import { parseManifest } from './manifest-schema.ts';
import { assertCompleteDraft } from './specialist-format.ts';
import { readManifest } from './stored-manifest.ts';

// Loaded on demand, with the schema (and zod) that only writers need.

/** Checks a draft and stores its files and then its manifest; returns the artifact's digest. */
export async function putArtifact(driver: ArtifactDriver, draft: ArtifactDraft): Promise<Digest> {
  const manifest = await describeDraft(draft);
  await assertTerms(driver, manifest);
  return storeArtifact(driver, manifest, draft.files);
}

/** The manifest that a draft becomes. Reads every file, to hash it. @throws InvalidValueError naming the field; file errors */
export async function describeDraft(draft: ArtifactDraft): Promise<Manifest> {
  assertCompleteDraft(draft);
  const entries: [string, FileEntry][] = [];
  for (const [file, source] of Object.entries(draft.files)) entries.push([file, await describeSource(source)]);
  return parseManifest(withoutUndefined(toManifest(draft, Object.fromEntries(entries))), draft.kind);
}

/** Stores what was exported before, under the digest that it had. @throws CorruptBlobError before anything is stored */
export async function importArtifact(
  driver: ArtifactDriver,
  manifest: Manifest,
  sourceOf: (file: string) => FileSource,
): Promise<Digest> {
  return storeArtifact(driver, manifest, await checkSources(manifest, sourceOf));
}

/** The files that a manifest describes. @throws CorruptBlobError for one that is another */
export async function checkSources(
  manifest: Manifest,
  sourceOf: (file: string) => FileSource,
): Promise<Record<string, FileSource>> {
  const sources: [string, FileSource][] = [];
  for (const [file, { digest }] of Object.entries(manifest.files)) {
    const source = sourceOf(file);
    const found = await describeSource(source);
    if (found.digest !== digest) throw new CorruptBlobError({ subject: file, expected: digest, actual: found.digest });
    sources.push([file, source]);
  }
  return Object.fromEntries(sources);
}

async function storeArtifact(
  driver: ArtifactDriver,
  manifest: Manifest,
  sources: Readonly<Record<string, FileSource>>,
): Promise<Digest> {
  const bytes = canonicalJson(manifest, manifest.kind);
  for (const [file, entry] of Object.entries(manifest.files)) await putBlob(driver, sources[file]!, entry);
  return storeManifest(driver, manifest, bytes);
}

/** Stores a manifest whose blobs are there; one that is damaged is replaced. @throws MissingBlobError */
export async function storeManifest(driver: ArtifactDriver, manifest: Manifest, bytes: Uint8Array): Promise<Digest> {
  const digest = digestBytes(bytes);
  const key = manifestKey(digest);
  if ((await driver.create(key, bytes)) === 'exists') {
    const existing = await driver.read(key);
    if (existing && digestBytes(existing) === digest) await driver.touch(key);
    else {
      await driver.delete(key);
      await driver.create(key, bytes);
    }
  }
  // A `gc` that began before the blobs were touched may have taken one: better no artifact than one without bytes.
  await assertBlobsPresent(driver, digest, manifest);
  return digest;
}

/** @throws MissingBlobError */
export async function assertBlobsPresent(driver: ArtifactDriver, digest: Digest, manifest: Manifest): Promise<void> {
  for (const [file, entry] of Object.entries(manifest.files))
    if (!(await driver.stat(blobKey(entry.digest))))
      throw new MissingBlobError({ subject: `${file} of ${digest}`, digest: entry.digest });
}

function toManifest(draft: ArtifactDraft, files: Readonly<Record<string, FileEntry>>): Manifest {
  return {
    schema: manifestSchema,
    kind: draft.kind,
    backbone: draft.backbone ?? null,
    tasks: draft.tasks ?? [],
    files,
    config: draft.config ?? {},
    metrics: draft.metrics ?? {},
    parents: draft.parents ?? [],
    licences: [...new Set(draft.licences ?? [])].sort(),
    nonCommercial: draft.nonCommercial ?? false,
    creator: draft.creator,
  };
}

/** What is made from non-commercial parts is non-commercial: a caller that forgot to say so has a bug. */
export async function assertTerms(driver: ArtifactDriver, manifest: Manifest): Promise<void> {
  if (manifest.nonCommercial) return;
  for (const { digest } of manifest.parents)
    if ((await readManifest(driver, digest))?.nonCommercial)
      throw new InvalidValueError({
        field: `${manifest.kind}.nonCommercial`,
        expected: `true, because its parent ${digest} forbids commercial use`,
        actual: false,
      });
}

/** JSON has no undefined: members that hold it are left out, as JSON.stringify does, before the schema sees them. */
function withoutUndefined<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item) => withoutUndefined<unknown>(item)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutUndefined<unknown>(member)])) as T;
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { CorruptBlobError, InvalidValueError, MissingBlobError, toAppError } from '@medlego/errors';
import { digestBytes, type Digest } from '@medlego/tensors';
import type { ArtifactDriver } from './driver.ts';
import { blobKey } from './keys.ts';
import type { FileEntry, FileSource } from './manifest.ts';

/** Digest and size of a source. @throws FileNotFoundError and other file errors */
export async function describeSource(source: FileSource): Promise<FileEntry> {
  return source instanceof Uint8Array ? { digest: digestBytes(source), size: source.length } : hashFile(source.path);
}

/**
 * Stores the bytes that `entry` describes. A blob that is there already is checked, and replaced if it is damaged.
 * @throws InvalidValueError if a file changed since it was described
 */
export async function putBlob(driver: ArtifactDriver, source: FileSource, entry: FileEntry): Promise<void> {
  const content = () => streamSource(source, entry);
  const key = blobKey(entry.digest);
  if ((await driver.create(key, content())) === 'created') return;
  if ((await inspectBlob(driver, entry.digest))?.digest === entry.digest) await driver.touch(key);
  else {
    await driver.delete(key);
    await driver.create(key, content());
  }
}

/** The bytes of a source, or pieces of them; a file that changed since it was described is noticed at its end. @throws InvalidValueError */
export const streamSource = (source: FileSource, entry: FileEntry): Uint8Array | AsyncIterable<Uint8Array> =>
  source instanceof Uint8Array ? source : sameAsBefore(source.path, entry);

/** All bytes of a blob, checked. @throws MissingBlobError, CorruptBlobError */
export async function readBlob(driver: ArtifactDriver, digest: Digest, subject: string): Promise<Uint8Array> {
  const bytes = await driver.read(blobKey(digest));
  if (!bytes) throw new MissingBlobError({ subject, digest });
  const actual = digestBytes(bytes);
  if (actual !== digest) throw new CorruptBlobError({ subject, expected: digest, actual });
  return bytes;
}

/** The bytes piece by piece; throws at the end if they were not the right ones, so what was made of them must be dropped. */
export async function* streamBlob(driver: ArtifactDriver, digest: Digest, subject: string): AsyncIterable<Uint8Array> {
  const stream = await driver.stream(blobKey(digest));
  if (!stream) throw new MissingBlobError({ subject, digest });
  const hash = createHash('sha256');
  for await (const piece of stream) {
    hash.update(piece);
    yield piece;
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== digest) throw new CorruptBlobError({ subject, expected: digest, actual });
}

/** What the driver holds under a blob's key; undefined if nothing. */
export async function inspectBlob(driver: ArtifactDriver, digest: Digest): Promise<FileEntry | undefined> {
  const stream = await driver.stream(blobKey(digest));
  return stream && hashStream(stream);
}

async function hashFile(path: string): Promise<FileEntry> {
  try {
    return await hashStream(createReadStream(path, { highWaterMark: 2 ** 20 }));
  } catch (error) {
    throw toAppError(error, { path, what: 'file of the artifact' });
  }
}

async function hashStream(stream: AsyncIterable<Uint8Array>): Promise<FileEntry> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of stream) {
    hash.update(piece);
    size += piece.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

/** A file that was hashed a moment ago, read again; throws if it changed in between. */
async function* sameAsBefore(path: string, { digest }: FileEntry): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Uint8Array>) {
      hash.update(piece);
      yield piece;
    }
  } catch (error) {
    throw toAppError(error, { path, what: 'file of the artifact' });
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== digest)
    throw new InvalidValueError({ field: path, expected: `the bytes that it held before (${digest})`, actual });
}

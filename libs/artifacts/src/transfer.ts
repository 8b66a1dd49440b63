import { createHash } from 'node:crypto';
import { InvalidValueError, MissingBlobError } from '@medlego/errors';
import { digestBytes, type Digest } from '@medlego/tensors';
import { inspectBlob, streamBlob } from './blobs.ts';
import type { ArtifactDriver } from './driver.ts';
import { blobKey } from './keys.ts';
import type { Manifest } from './manifest.ts';
import {
  assertSignatures,
  assertTrusted,
  readSignatures,
  signersOf,
  writeSignatures,
  type TrustPolicy,
} from './signing.ts';
import type { ArtifactTransfer, PutOptions, StoredArtifact } from './store.ts';

/** @param nameIt what is left to do once a manifest is stored */
export function createTransfer(
  driver: ArtifactDriver,
  trust: TrustPolicy,
  nameIt: (digest: Digest, options: PutOptions) => Promise<StoredArtifact>,
): ArtifactTransfer {
  return {
    async missing(digests) {
      const missing: Digest[] = [];
      for (const digest of new Set(digests)) if (!(await driver.stat(blobKey(digest)))) missing.push(digest);
      return missing;
    },

    async *read(digest, offset = 0) {
      let skip = offset;
      for await (const piece of streamBlob(driver, digest, `blob ${digest}`)) {
        if (piece.length > skip) yield skip > 0 ? piece.subarray(skip) : piece;
        skip = Math.max(0, skip - piece.length);
      }
    },

    async write(digest, source) {
      const key = blobKey(digest);
      const existing = await inspectBlob(driver, digest);
      if (existing?.digest === digest && (await driver.touch(key))) return existing.size;
      if (existing) await driver.delete(key);
      let size = 0;
      const counted = async function* () {
        for await (const piece of proven(digest, source)) {
          size += piece.length;
          yield piece;
        }
      };
      if ((await driver.create(key, counted())) === 'created') return size;
      return (await driver.stat(key))?.size ?? 0; // another writer was faster
    },

    async putManifest(bytes, { signatures = {}, ...options } = {}) {
      const { assertTerms, storeManifest } = await import('./put.ts');
      const { readManifestBytes } = await import('./manifest-bytes.ts');
      const manifest = readManifestBytes(bytes);
      const digest = digestBytes(bytes);
      assertSignatures(digest, signatures, trust);
      if (trust.required) assertTrusted(digest, { ...(await readSignatures(driver, digest)), ...signatures }, trust);
      await assertTerms(driver, manifest);
      await keepBlobs(driver, digest, manifest);
      await storeManifest(driver, manifest, bytes);
      const right = new Set(signersOf(digest, signatures, trust));
      await writeSignatures(driver, digest, signatures, (keyId) => right.has(keyId));
      return nameIt(digest, options);
    },

    signatures: (digest) => readSignatures(driver, digest),
  };
}

/** The bytes; throws after the last one if they are not those of the digest, so that what was written of them is dropped. */
async function* proven(digest: Digest, source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  for await (const piece of source) {
    hash.update(piece);
    yield piece;
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== digest)
    throw new InvalidValueError({ field: 'blob', expected: `bytes with digest ${digest}`, actual });
}

/** Blobs may have been uploaded long ago: they look new from now on, which protects them from `gc` until the manifest is there. */
async function keepBlobs(driver: ArtifactDriver, digest: Digest, manifest: Manifest): Promise<void> {
  for (const [file, entry] of Object.entries(manifest.files)) {
    const key = blobKey(entry.digest);
    const subject = `${file} of ${digest}`;
    if (!(await driver.touch(key))) throw new MissingBlobError({ subject, digest: entry.digest });
    const size = (await driver.stat(key))?.size;
    if (size !== entry.size)
      throw new InvalidValueError({ field: `files.${file}.size`, expected: `${size} bytes`, actual: entry.size });
  }
}

import { createHash } from 'node:crypto';
import type { ArtifactTransfer, FileEntry } from '@medlego/artifacts';
import { systemClock, type Clock } from '@medlego/async';
import type { RegistryClient, UploadBlobRequest } from '@medlego/contracts/rpc';
import { AppError, CorruptBlobError } from '@medlego/errors';
import type { Digest } from '@medlego/tensors';
import { inChunks } from '../chunks.ts';

export interface RemoteBlobs {
  /** The bytes from one on, checked at the end; goes on where a connection broke. @throws MissingBlobError, CorruptBlobError */
  download(digest: Digest, offset?: number): AsyncIterable<Uint8Array>;
  /** One try. Gives the size. */
  send(digest: Digest, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<number>;
  /** As often as it takes. @param content begins anew with each try */
  upload(digest: Digest, content: () => Uint8Array | AsyncIterable<Uint8Array>): Promise<number>;
  /** Of these files, those whose blobs have to be uploaded. */
  missing(files: readonly FileEntry[]): Promise<Set<Digest>>;
}

/** Failures in a row, without a byte in between, after which a transfer gives up. */
const mostFailures = 8;

/** The server hashes what it has before it answers, which has to fit a call's deadline. */
const batchBytes = 2 ** 30;
const batchFiles = 500;

export function createRemoteBlobs(client: RegistryClient, clock: Clock = systemClock): RemoteBlobs {
  const send: RemoteBlobs['send'] = async (digest, content) => (await client.uploadBlob(partsOf(digest, content))).size;
  const pause = (failures: number) => clock.sleep(Math.min(5000, 100 * 2 ** failures));
  return {
    async *download(digest, offset = 0) {
      const hash = createHash('sha256');
      let done = offset;
      for (let failures = 0; ;) {
        try {
          for await (const { chunk } of client.downloadBlob({ digest, offset: done })) {
            done += chunk.length;
            failures = 0;
            hash.update(chunk);
            yield chunk;
          }
          break;
        } catch (error) {
          if (!isPassing(error) || ++failures >= mostFailures) throw error;
          await pause(failures);
        }
      }
      const actual = `sha256:${hash.digest('hex')}`;
      if (offset === 0 && actual !== digest)
        throw new CorruptBlobError({ subject: `download of ${digest}`, expected: digest, actual });
    },

    send,

    async upload(digest, content) {
      for (let failures = 0; ;) {
        try {
          return await send(digest, content());
        } catch (error) {
          if (!isPassing(error) || ++failures >= mostFailures) throw error;
          await pause(failures);
        }
      }
    },

    async missing(files) {
      const found = new Set<Digest>();
      for (const digests of batchesOf(files))
        for (const digest of (await client.findMissingBlobs({ digests })).digests) found.add(digest as Digest);
      return found;
    },
  };
}

const isPassing = (error: unknown): boolean => error instanceof AppError && error.kind === 'unavailable';

async function* partsOf(
  digest: Digest,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): AsyncIterable<UploadBlobRequest> {
  yield { part: { $case: 'digest', value: digest } };
  for await (const piece of content instanceof Uint8Array ? [content] : content)
    for (const value of inChunks(piece)) yield { part: { $case: 'chunk', value } };
}

function* batchesOf(files: readonly FileEntry[]): Iterable<Digest[]> {
  let batch = new Set<Digest>();
  let bytes = 0;
  for (const { digest, size } of files) {
    if (batch.size > 0 && (batch.size >= batchFiles || bytes + size > batchBytes)) {
      yield [...batch];
      batch = new Set();
      bytes = 0;
    }
    batch.add(digest);
    bytes += size;
  }
  if (batch.size > 0) yield [...batch];
}

/** Where downloads are kept: a store of its own, of which only the blobs are used. */
export type BlobCache = Pick<ArtifactTransfer, 'read' | 'write'>;

/** Blobs by way of a cache on this machine; what is damaged there is downloaded anew. */
export function withCache(blobs: RemoteBlobs, cache: BlobCache | undefined): RemoteBlobs['download'] {
  if (!cache) return (digest, offset) => blobs.download(digest, offset);
  return async function* (digest, offset) {
    await cache.write(digest, blobs.download(digest)); // downloads nothing if it is there and whole
    yield* cache.read(digest, offset);
  };
}

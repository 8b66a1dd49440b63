import { createHash } from 'node:crypto';
import { AppError, CorruptBlobError, RemoteStoreError } from '@medlego/errors';
import { JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream';
import { Objm, type ObjectInfo, type ObjectStore } from '@nats-io/obj';
import type { ArtifactDriver, ListedObject, ObjectStat } from '../driver.ts';

export interface ObjectStoreOptions {
  /** Of a connected client, which the caller closes. */
  readonly js: JetStreamClient;
  /** Default: `medlego-artifacts`. */
  readonly bucket?: string;
  /** Copies in a cluster when the bucket is created: 1, 3 or 5. Default: 1. */
  readonly replicas?: number;
}

/**
 * Objects in a NATS Object Store bucket, which is created if need be and left as it is otherwise. Bytes travel in chunks and appear with the
 * metadata message that comes last; expecting its subject's revision lets one writer create a key. After a crash in between, chunks
 * without metadata may be left, which take space and are seen by nobody.
 *
 * For adapters, heads, manifests and reports: every listing reads all metadata, and backbones of hundreds of megabytes are better kept in S3 or
 * on a disk.
 * @throws RemoteStoreError if the broker does not answer
 */
export async function openObjectStoreDriver(options: ObjectStoreOptions): Promise<ArtifactDriver> {
  const { js, bucket = 'medlego-artifacts', replicas = 1 } = options;
  const location = `nats object store ${bucket}`;
  const store = await guarded(location, 'opening the bucket', () => new Objm(js).create(bucket, { replicas }));
  return createDriver(store, location);
}

function createDriver(store: ObjectStore, location: string): ArtifactDriver {
  const guard = <T>(operation: string, work: () => Promise<T>) => guarded(location, operation, work);
  const liveInfo = async (key: string): Promise<ObjectInfo | undefined> => {
    const info = await guard(`looking up ${key}`, () => store.info(key));
    return info && !info.deleted ? info : undefined;
  };

  const stream = async (key: string): Promise<AsyncIterable<Uint8Array> | undefined> => {
    const result = await guard(`reading ${key}`, () => store.get(key));
    return result ? checked(result.data, result.info, `${location}/${key}`) : undefined;
  };

  return {
    location,

    async create(key, source) {
      const before = await guard(`looking up ${key}`, () => store.info(key));
      if (before && !before.deleted) return 'exists';
      const metadata = { created: new Date().toISOString() };
      const hash = createHash('sha256');
      // What the source throws is the caller's own; everything else is the broker's.
      let sourceFailure: unknown;
      const bytes = (async function* () {
        try {
          for await (const piece of piecesOf(source)) {
            hash.update(piece);
            yield piece;
          }
        } catch (error) {
          sourceFailure = error;
          throw error;
        }
      })();
      let info: ObjectInfo;
      try {
        const stored = ReadableStream.from<Uint8Array>(bytes);
        info = await store.put({ name: key, metadata }, stored, { previousRevision: before?.revision ?? 0 });
      } catch (error) {
        if (sourceFailure !== undefined) throw sourceFailure;
        if (isWrongRevision(error)) return 'exists';
        throw toRemoteError(error, location, `writing ${key}`);
      }
      const digest = hash.digest();
      if (!digestOf(info).equals(digest)) {
        await store.delete(key);
        throw corrupt(`${location}/${key}`, digest, digestOf(info));
      }
      return 'created';
    },

    async read(key) {
      const pieces = await stream(key);
      if (!pieces) return undefined;
      const parts: Uint8Array[] = [];
      for await (const piece of pieces) parts.push(piece);
      return new Uint8Array(Buffer.concat(parts)); // a buffer of its own, aligned for tensors
    },

    stream,

    async stat(key) {
      const info = await liveInfo(key);
      return info && statOf(info);
    },

    async touch(key) {
      const info = await liveInfo(key);
      if (!info) return false;
      const metadata = { ...info.metadata, touched: new Date().toISOString() };
      await guard(`touching ${key}`, () => store.update(key, { metadata }));
      return true;
    },

    async *list(prefix): AsyncIterable<ListedObject> {
      const all = await guard('listing', () => store.list());
      const found = all.filter(({ name, deleted }) => !deleted && name.startsWith(prefix));
      for (const info of found.sort((a, b) => (a.name < b.name ? -1 : 1))) yield { key: info.name, ...statOf(info) };
    },

    async revision() {
      const { streamInfo } = await guard('looking up the bucket', () => store.status());
      return String(streamInfo.state.last_seq);
    },

    async delete(key) {
      if (!(await liveInfo(key))) return false;
      await guard(`deleting ${key}`, () => store.delete(key));
      return true;
    },
  };
}

async function* piecesOf(source: Uint8Array | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  // The client keeps what it is given until it is sent; the caller may change its bytes as soon as `create` has resolved.
  if (source instanceof Uint8Array) yield source.slice();
  else for await (const piece of source) if (piece.length > 0) yield piece;
}

/** The client checks the digest too, but its error is not ours. */
async function* checked(
  data: ReadableStream<Uint8Array>,
  info: ObjectInfo,
  subject: string,
): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  try {
    for await (const piece of data) {
      hash.update(piece);
      yield piece;
    }
  } catch (error) {
    if (error instanceof Error && /digests do not match/.test(error.message))
      throw corrupt(subject, digestOf(info), hash.digest());
    throw toRemoteError(error, subject, 'reading');
  }
  const digest = hash.digest();
  if (!digestOf(info).equals(digest)) throw corrupt(subject, digestOf(info), digest);
}

const corrupt = (subject: string, expected: Buffer, actual: Buffer) =>
  new CorruptBlobError({
    subject,
    expected: `sha256:${expected.toString('hex')}`,
    actual: `sha256:${actual.toString('hex')}`,
  });

/** `SHA-256=<base64url>` */
const digestOf = ({ digest }: ObjectInfo): Buffer => Buffer.from(digest.slice('SHA-256='.length), 'base64url');

function statOf({ size, mtime, metadata = {} }: ObjectInfo): ObjectStat {
  const createdMs = Date.parse(metadata['created'] ?? mtime);
  return { size, createdMs, modifiedMs: Math.max(createdMs, Date.parse(metadata['touched'] ?? mtime)) };
}

/** 10071: another writer was faster. */
const isWrongRevision = (error: unknown): boolean => error instanceof JetStreamApiError && error.code === 10071;

async function guarded<T>(location: string, operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toRemoteError(error, location, operation);
  }
}

function toRemoteError(error: unknown, location: string, operation: string): AppError {
  if (error instanceof AppError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new RemoteStoreError({ location, operation, reason }, { cause: error });
}

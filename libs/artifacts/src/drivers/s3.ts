import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  paginateListObjectsV2,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { AppError, InvalidValueError, RemoteStoreError } from '@medlego/errors';
import type { ArtifactDriver, ListedObject, ObjectStat } from '../driver.ts';

export interface S3Options {
  readonly bucket: string;
  /** Folder-like prefix within the bucket, without slashes at its ends. Default: none. */
  readonly prefix?: string;
  /** `https://host:port` of a server that is not AWS; buckets then come in the path. */
  readonly endpoint?: string;
  /** Default: what the environment says, else `us-east-1`. */
  readonly region?: string;
  /** Default: the SDK's own search (environment, profile, role of the pod). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Create the bucket if it is not there. Default: false. */
  readonly createBucket?: boolean;
}

/** Up to here an object is one request; above it, parts of this size. S3 wants at least 5 MiB. */
const partBytes = 8 * 2 ** 20;

/**
 * Objects in an S3 bucket. Creating once is `If-None-Match: *`, on the request that makes the object visible: the only one, or the one that
 * completes the parts. The server checks a SHA-256 of every request's bytes. Times have whole seconds, and a listing tells a
 * touched object's time of creation as that of its last touch (`stat` knows the true one).
 * @throws InvalidValueError if the bucket is not there; RemoteStoreError if the server does not answer
 */
export async function openS3Driver(options: S3Options): Promise<ArtifactDriver & AsyncDisposable> {
  const { bucket, prefix = '', endpoint, region = process.env['AWS_REGION'] ?? 'us-east-1', credentials } = options;
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
  });
  const location = `${endpoint ?? 's3:/'}/${bucket}${prefix === '' ? '' : `/${prefix}`}`;
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (!isNotFound(error)) throw toRemoteError(error, location, 'looking up the bucket');
    if (!options.createBucket)
      throw new InvalidValueError({ field: 'bucket', expected: 'one that is there', actual: bucket }, { cause: error });
    await client.send(new CreateBucketCommand({ Bucket: bucket })).catch((cause: unknown) => {
      const isThere = cause instanceof S3ServiceException && /^BucketAlready/.test(cause.name);
      if (!isThere) throw toRemoteError(cause, location, 'creating the bucket');
    });
  }
  return createDriver(client, { bucket, root: prefix === '' ? '' : `${prefix}/`, location });
}

interface Place {
  readonly bucket: string;
  readonly root: string;
  readonly location: string;
}

function createDriver(client: S3Client, { bucket, root, location }: Place): ArtifactDriver & AsyncDisposable {
  const target = (key: string) => ({ Bucket: bucket, Key: root + key });
  const orUndefined = async <T>(operation: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw toRemoteError(error, location, operation);
    }
  };
  const head = (key: string) => orUndefined(`looking up ${key}`, () => client.send(new HeadObjectCommand(target(key))));

  const stream = async (key: string): Promise<AsyncIterable<Uint8Array> | undefined> => {
    const answer = await orUndefined(`reading ${key}`, () => client.send(new GetObjectCommand(target(key))));
    return answer && guardedPieces(answer.Body as Readable, location, `reading ${key}`);
  };

  return {
    location,

    async create(key, source) {
      if (await head(key)) return 'exists';
      const { first, rest } = await splitSource(source);
      const request = {
        ...target(key),
        IfNoneMatch: '*',
        ChecksumAlgorithm: 'SHA256' as const,
        Metadata: { created: new Date().toISOString() },
      };
      let sourceFailure: unknown;
      try {
        if (!rest) await client.send(new PutObjectCommand({ ...request, Body: first }));
        else {
          const Body = Readable.from(
            joined(first, rest, (error) => (sourceFailure = error)),
            { objectMode: false },
          );
          await new Upload({ client, params: { ...request, Body }, partSize: partBytes, queueSize: 2 }).done();
        }
        return 'created';
      } catch (error) {
        if (sourceFailure !== undefined) throw sourceFailure;
        if (isTaken(error)) return 'exists';
        throw toRemoteError(error, location, `writing ${key}`);
      }
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
      const answer = await head(key);
      return answer && statOf(answer);
    },

    async touch(key) {
      const answer = await head(key);
      if (!answer) return false;
      const { Bucket, Key } = target(key);
      const CopySource = `${Bucket}/${Key.split('/').map(encodeURIComponent).join('/')}`;
      const Metadata = { ...answer.Metadata, touched: new Date().toISOString() };
      const copy = new CopyObjectCommand({ Bucket, Key, CopySource, Metadata, MetadataDirective: 'REPLACE' });
      return (await orUndefined(`touching ${key}`, () => client.send(copy))) !== undefined;
    },

    async *list(prefix): AsyncIterable<ListedObject> {
      const found: ListedObject[] = [];
      try {
        for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: root + prefix }))
          for (const { Key, Size, LastModified } of page.Contents ?? []) {
            const ms = LastModified?.getTime() ?? 0;
            found.push({ key: Key!.slice(root.length), size: Size ?? 0, createdMs: ms, modifiedMs: ms });
          }
      } catch (error) {
        throw toRemoteError(error, location, 'listing');
      }
      // Not every server lists in the order of keys; SeaweedFS goes folder by folder.
      yield* found.sort((a, b) => (a.key < b.key ? -1 : 1));
    },

    async delete(key) {
      if (!(await head(key))) return false; // the answer to a deletion does not tell
      await orUndefined(`deleting ${key}`, () => client.send(new DeleteObjectCommand(target(key))));
      return true;
    },

    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
}

/** The first part's bytes, and what comes after them; `rest` is undefined if that is nothing. */
async function splitSource(source: Uint8Array | AsyncIterable<Uint8Array>): Promise<{
  readonly first: Uint8Array;
  readonly rest?: AsyncIterator<Uint8Array>;
}> {
  if (source instanceof Uint8Array) {
    if (source.length <= partBytes) return { first: source };
    const rest = (async function* () {
      yield source.subarray(partBytes);
    })();
    return { first: source.subarray(0, partBytes), rest };
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  const iterator = source[Symbol.asyncIterator]();
  while (size <= partBytes) {
    const { done, value } = await iterator.next();
    if (done) return { first: Buffer.concat(parts) };
    parts.push(value);
    size += value.length;
  }
  return { first: Buffer.concat(parts), rest: iterator };
}

async function* joined(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
  onFailure: (error: unknown) => void,
): AsyncIterable<Uint8Array> {
  try {
    yield first;
    for (;;) {
      const { done, value } = await rest.next();
      if (done) return;
      if (value.length > 0) yield value;
    }
  } catch (error) {
    onFailure(error);
    throw error;
  } finally {
    await rest.return?.();
  }
}

async function* guardedPieces(body: Readable, location: string, operation: string): AsyncIterable<Uint8Array> {
  try {
    for await (const piece of body as AsyncIterable<Uint8Array>) yield piece;
  } catch (error) {
    throw toRemoteError(error, location, operation);
  } finally {
    body.destroy();
  }
}

function statOf({ ContentLength = 0, LastModified, Metadata = {} }: HeadObjectCommandOutput): ObjectStat {
  const serverMs = LastModified?.getTime() ?? 0;
  const createdMs = Date.parse(Metadata['created'] ?? '') || serverMs;
  return {
    size: ContentLength,
    createdMs,
    modifiedMs: Math.max(createdMs, Date.parse(Metadata['touched'] ?? '') || serverMs),
  };
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

const isNotFound = (error: unknown): boolean => statusOf(error) === 404;

/** 412: it is there; 409: another writer is just creating it. */
const isTaken = (error: unknown): boolean => statusOf(error) === 412 || statusOf(error) === 409;

function toRemoteError(error: unknown, location: string, operation: string): AppError {
  if (error instanceof AppError) return error;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new RemoteStoreError({ location, operation, reason }, { cause: error });
}

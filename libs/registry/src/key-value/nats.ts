import { retry, systemClock } from '@medlego/async';
import { connectNats, ensureStreamConfig, toBrokerError, type NatsClient, type NatsOptions } from '@medlego/bus/nats';
import { AppError } from '@medlego/errors';
import { DiscardPolicy, JetStreamApiError, StorageType, RetentionPolicy } from '@nats-io/jetstream';
import { Kvm, type KV, type KvEntry } from '@nats-io/kv';
import type { Change, Entry, KeyValue, WatchOptions } from './key-value.ts';
import { assertKey, encodeValue } from './keys.ts';

export interface NatsKeyValueOptions extends NatsOptions {
  /** Default: `medlego-registry`. */
  readonly bucket?: string;
  /** Copies in a cluster: 1, 3 or 5. Default: 1. */
  readonly replicas?: number;
}

/** Documents hold their own history; keeping the newest state alone makes listing them one pass over what there is. */
const keptStates = 1;

/**
 * A bucket in NATS KV. Connects, checks the server, creates the bucket or widens it.
 * @throws BrokerUnavailableError, BrokerUnsupportedError, BrokerFullError
 */
export async function openNatsKeyValue(options: NatsKeyValueOptions): Promise<KeyValue> {
  const { bucket = 'medlego-registry', replicas = 1 } = options;
  const client = await connectNats(options);
  try {
    await ensureStreamConfig(client.manager, {
      name: `KV_${bucket}`,
      subjects: [`$KV.${bucket}.>`],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.New,
      max_age: 0,
      max_msgs_per_subject: keptStates,
      num_replicas: replicas,
      allow_rollup_hdrs: true,
      deny_delete: true,
      deny_purge: false,
      allow_direct: false, // read from the leader: a read after a write sees it
    });
    const kv = await new Kvm(client.js).open(bucket);
    return createKeyValue(client, kv, bucket);
  } catch (error) {
    await client.connection.close();
    throw toBrokerError(error, client.location, `opening the bucket ${bucket}`);
  }
}

function createKeyValue(client: NatsClient, kv: KV, bucket: string): KeyValue {
  const { connection, location } = client;
  const closing = new AbortController();

  const attempt = <T>(what: string, work: () => Promise<T>): Promise<T> =>
    retry(
      async () => {
        try {
          return await work();
        } catch (error) {
          throw toBrokerError(error, location, what);
        }
      },
      {
        attempts: 8,
        baseDelayMs: 50,
        isRetryable: (error) => !connection.isClosed() && error instanceof AppError && error.kind === 'unavailable',
      },
    );

  const get = (key: string): Promise<Entry | undefined> => {
    assertKey(key);
    return attempt(`reading ${key}`, async () => {
      const entry = await kv.get(key);
      return entry && entry.operation === 'PUT' ? toEntry(entry) : undefined;
    });
  };

  /**
   * A write whose answer got lost may have happened; so after a failure the key is read, and finding exactly what was to be written
   * counts as having written it.
   */
  const write = async (key: string, value: unknown, put: (bytes: Uint8Array) => Promise<number>) => {
    assertKey(key);
    const bytes = encodeValue(key, value);
    let uncertain = false;
    return attempt(`writing ${key}`, async () => {
      try {
        return await put(bytes);
      } catch (error) {
        if (!isWrongRevision(error)) {
          uncertain = true;
          throw error;
        }
        if (!uncertain) return undefined;
        const now = await kv.get(key);
        return now?.operation === 'PUT' && Buffer.from(bytes).equals(now.value) ? now.revision : undefined;
      }
    });
  };

  async function* watch({ under, after = 0, signal }: WatchOptions = {}): AsyncIterable<Change> {
    const stop = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
    let told = after;
    while (!stop.aborted) {
      const key = under === undefined ? '>' : `${under}.>`;
      try {
        const entries = await kv.watch({ key, ...(told > 0 && { resumeFromRevision: told + 1 }) });
        const end = () => entries.stop();
        stop.addEventListener('abort', end, { once: true });
        try {
          if (stop.aborted) return; // while the watch was being set up
          for await (const entry of entries) {
            if (stop.aborted) return;
            if (entry.revision <= told) continue;
            const isInitialDelete = told === 0 && !entry.isUpdate && entry.operation !== 'PUT';
            if (!isInitialDelete) yield toChange(entry);
            told = Math.max(told, entry.revision);
          }
        } finally {
          stop.removeEventListener('abort', end);
          entries.stop();
        }
      } catch (error) {
        if (stop.aborted) return;
        if (connection.isClosed()) throw toBrokerError(error, location, `watching ${bucket}`);
      }
      // The broker went away under the watch: it goes on where it was.
      await systemClock.sleep(200, stop).catch(() => {});
    }
  }

  const close = async () => {
    closing.abort();
    await connection.close();
  };

  return {
    location: `${location}/${bucket}`,
    get,
    create: (key, value) => write(key, value, (bytes) => kv.create(key, bytes)),
    update: (key, value, revision) => write(key, value, (bytes) => kv.update(key, bytes, revision)),
    delete: (key, revision) => {
      assertKey(key);
      return attempt(`deleting ${key}`, async () => {
        const now = await kv.get(key);
        if (now?.operation !== 'PUT' || now.revision !== revision) return false;
        try {
          await kv.delete(key, { previousSeq: revision });
          return true;
        } catch (error) {
          if (isWrongRevision(error)) return false;
          throw error;
        }
      });
    },
    list: (under) =>
      attempt(`listing ${under}`, async () => {
        const entries: Entry[] = [];
        // `history` ends by itself, as `watch` does not.
        const latest = new Map<string, KvEntry>();
        for await (const entry of await kv.history({ key: `${under}.>` })) latest.set(entry.key, entry);
        for (const entry of latest.values()) if (entry.operation === 'PUT') entries.push(toEntry(entry));
        return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
      }),
    watch,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** 10071: wrong last sequence. */
const isWrongRevision = (error: unknown): boolean =>
  (error instanceof JetStreamApiError && error.code === 10071) ||
  (error instanceof Error && /wrong last sequence|key exists/i.test(error.message));

const toEntry = (entry: KvEntry): Entry => ({ key: entry.key, revision: entry.revision, value: entry.json() });

const toChange = (entry: KvEntry): Change =>
  entry.operation === 'PUT'
    ? { ...toEntry(entry), deleted: false }
    : { key: entry.key, revision: entry.revision, deleted: true };

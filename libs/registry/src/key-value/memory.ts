import { join } from 'node:path';
import { invariant } from '@medlego/errors';
import { openJournal, type Journal } from '@medlego/journal';
import type { Change, Entry, KeyValue, WatchOptions } from './key-value.ts';
import { assertKey, encodeValue } from './keys.ts';

export interface MemoryOptions {
  /** Folder for the journal. Without it everything ends with the process. */
  readonly folder?: string;
}

interface Stored {
  readonly key: string;
  readonly revision: number;
  /** JSON text; undefined once it is deleted. */
  readonly text?: string;
}

/**
 * A bucket in this process: for `medlego up` and tests. With a folder, what was acknowledged survives the end of the process.
 * @throws FileAccessError if another process has the journal
 */
export async function openMemoryKeyValue({ folder }: MemoryOptions = {}): Promise<KeyValue> {
  const stored = new Map<string, Stored>();
  if (folder === undefined) return createKeyValue(stored, undefined, 'this process');
  const { journal, records } = await openJournal<Stored>(join(folder, 'registry.jsonl'));
  for (const record of records) {
    stored.delete(record.key); // keeps the map in the order of revisions
    stored.set(record.key, record);
  }
  if (records.length > 2 * stored.size) await journal.rewrite(stored.values());
  return createKeyValue(stored, journal, folder);
}

function createKeyValue(stored: Map<string, Stored>, journal: Journal<Stored> | undefined, location: string): KeyValue {
  let revision = [...stored.values()].at(-1)?.revision ?? 0;
  let isClosed = false;
  const waiting = new Set<() => void>();
  const notify = () => {
    for (const wake of waiting) wake();
    waiting.clear();
  };

  const write = async (key: string, text: string | undefined): Promise<number> => {
    invariant(!isClosed, 'a registry was used after it was closed');
    const next: Stored = { key, revision: revision + 1, ...(text !== undefined && { text }) };
    journal?.append(next);
    revision = next.revision;
    stored.delete(key);
    stored.set(key, next);
    await journal?.sync();
    notify();
    return next.revision;
  };
  const live = (key: string): Stored | undefined => {
    assertKey(key);
    const found = stored.get(key);
    return found?.text === undefined ? undefined : found;
  };
  const toText = (key: string, value: unknown) => new TextDecoder().decode(encodeValue(key, value));

  async function* watch({ under, after = 0, signal }: WatchOptions = {}): AsyncIterable<Change> {
    const prefix = under === undefined ? '' : `${under}.`;
    let told = after;
    const wakeAll = () => notify();
    signal?.addEventListener('abort', wakeAll);
    try {
      while (!isClosed && !signal?.aborted) {
        // The map is in the order of revisions: what is new lies at its end.
        const fresh = [...stored.values()].filter((entry) => entry.revision > told);
        for (const entry of fresh) {
          told = entry.revision;
          const isInitial = after === 0 && entry.text === undefined;
          if (!entry.key.startsWith(prefix) || isInitial) continue;
          yield toChange(entry);
          if (signal?.aborted) return;
        }
        after ||= told; // deletions are told from now on
        if (told < revision) continue;
        await new Promise<void>((resolve) => {
          if (isClosed || signal?.aborted) return resolve();
          waiting.add(resolve);
        });
      }
    } finally {
      signal?.removeEventListener('abort', wakeAll);
    }
  }

  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    notify();
    await journal?.close();
  };

  return {
    location,
    async get(key) {
      const found = live(key);
      return found && toEntry(found);
    },
    async create(key, value) {
      const text = toText(key, value);
      return live(key) ? undefined : write(key, text);
    },
    async update(key, value, expected) {
      const text = toText(key, value);
      return live(key)?.revision === expected ? write(key, text) : undefined;
    },
    async delete(key, expected) {
      if (live(key)?.revision !== expected) return false;
      await write(key, undefined);
      return true;
    },
    async list(under) {
      const found = [...stored.values()].filter(({ key, text }) => text !== undefined && key.startsWith(`${under}.`));
      return found.map(toEntry).sort((a, b) => (a.key < b.key ? -1 : 1));
    },
    watch,
    close,
    [Symbol.asyncDispose]: close,
  };
}

const toEntry = ({ key, revision, text }: Stored): Entry => ({ key, revision, value: JSON.parse(text!) as unknown });

const toChange = (stored: Stored): Change =>
  stored.text === undefined
    ? { key: stored.key, revision: stored.revision, deleted: true }
    : { ...toEntry(stored), deleted: false };

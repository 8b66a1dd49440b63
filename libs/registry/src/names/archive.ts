import type { KeyValue } from '../key-value/key-value.ts';
import { keptInline, type Decision, type NameRecord, type PublishedVersion } from './name-record.ts';

// A document has to fit one message, a history has no end: old entries move to pages of their own, in two steps that may both be
// repeated. First the page is created (its content follows from its number), then the document lets go of what is on it.

const pageSize = 250;

interface Page {
  readonly versions: readonly PublishedVersion[];
  readonly decisions: readonly Decision[];
}

const pageKey = (key: string, list: keyof Page, page: number): string =>
  `archive.${key}.${list}.${String(page).padStart(6, '0')}`;

/** Moves the oldest entries out of a document that holds too many. */
export async function archiveOld(store: KeyValue, key: string, record: NameRecord): Promise<void> {
  for (const list of ['versions', 'decisions'] as const) {
    if (record[list].length < keptInline + pageSize) continue;
    const page = record.archived[list] / pageSize;
    const entries = record[list].slice(0, pageSize);
    await store.create(pageKey(key, list, page), entries);
    const now = await store.get(key);
    const current = now?.value as NameRecord | undefined;
    // Somebody else may have let go of them already; then there is nothing left to do.
    if (!now || current?.archived[list] !== record.archived[list]) continue;
    const next: NameRecord = {
      ...current,
      [list]: current[list].slice(pageSize),
      archived: { ...current.archived, [list]: current.archived[list] + pageSize },
    };
    await store.update(key, next, now.revision); // lost: the next change tries again
  }
}

/** The document with everything that was moved out of it. */
export async function readArchive(store: KeyValue, key: string, record: NameRecord): Promise<NameRecord> {
  const read = async (list: keyof Page): Promise<unknown[]> => {
    const pages = record.archived[list] / pageSize;
    const entries: unknown[] = [];
    for (let page = 0; page < pages; page++)
      entries.push(...((await store.get(pageKey(key, list, page)))?.value as unknown[]));
    return entries;
  };
  return {
    ...record,
    versions: [...((await read('versions')) as PublishedVersion[]), ...record.versions],
    decisions: [...((await read('decisions')) as Decision[]), ...record.decisions],
  };
}

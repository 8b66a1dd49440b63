import { RevisionConflictError } from '@medlego/errors';
import type { KeyValue } from './key-value/key-value.ts';

/** Writers that meet on one key this often in a row are no longer a coincidence. */
const mostRounds = 100;

/**
 * Compare-and-set until it holds: applies `change` to the newest document and writes the result, anew if somebody else was faster.
 * Returning the very same object writes nothing. `undefined` stands for "there is none yet", both ways.
 *
 * @throws what `change` throws; RevisionConflictError after 100 lost rounds
 */
export async function changeEntry<T extends object>(
  store: KeyValue,
  key: string,
  change: (current: T | undefined) => T,
): Promise<{ readonly value: T; readonly revision: number; readonly changed: boolean }> {
  for (let round = 0; round < mostRounds; round++) {
    const entry = await store.get(key);
    const current = entry?.value as T | undefined;
    const value = change(current);
    if (entry && value === current) return { value, revision: entry.revision, changed: false };
    const revision = entry ? await store.update(key, value, entry.revision) : await store.create(key, value);
    if (revision !== undefined) return { value, revision, changed: true };
  }
  throw new RevisionConflictError({ key, expected: 'a quiet moment', actual: `${mostRounds} changes by others` });
}

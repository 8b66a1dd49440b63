import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FileFormatError, isSystemError, toAppError } from '@medlego/errors';
import { lockFile } from './lock-file.ts';

/**
 * A file to which records are appended, one JSON text a line, and which gives them back when it is opened again. What was
 * appended survives the end of the process at any instant; what was synced also survives the end of the machine.
 */
export interface Journal<T> {
  /** Hands the record to the operating system before it returns. @throws DiskFullError and other file errors */
  append(record: T): void;
  /** Resolves once everything appended so far is on the disk; calls that come together share one fsync. */
  sync(): Promise<void>;
  /** Replaces all records, whole or not at all: for compaction. */
  rewrite(records: Iterable<T>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens or creates a journal and gives its records. A last line that a crash cut off is dropped; it was never acknowledged.
 * One process at a time: a second one is refused while the first lives.
 *
 * @throws FileFormatError for a damaged line that is not the last; AccessDeniedError and other file errors
 */
export async function openJournal<T>(file: string): Promise<{ readonly journal: Journal<T>; readonly records: T[] }> {
  const path = resolve(file);
  try {
    await mkdir(dirname(path), { recursive: true });
    const unlock = await lockFile(`${path}.lock`);
    try {
      const records = await readRecords<T>(path);
      return { journal: createJournal<T>(path, unlock), records };
    } catch (error) {
      await unlock();
      throw error;
    }
  } catch (error) {
    throw toAppError(error, { path, what: 'a journal' });
  }
}

async function readRecords<T>(path: string): Promise<T[]> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) await truncate(path, end);
  if (end === 0) return [];
  const lines = bytes.toString('utf8', 0, end - 1).split('\n');
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as T;
    } catch (cause) {
      throw new FileFormatError(
        { file: path, expected: `JSON in line ${index + 1}`, actual: line.slice(0, 40) },
        { cause },
      );
    }
  });
}

const openFlags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY;

function createJournal<T>(path: string, unlock: () => Promise<void>): Journal<T> {
  let descriptor = openSync(path, openFlags, 0o644);
  let syncing: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const fsync = async () => {
    const handle = await open(path, 'r+');
    try {
      await handle.datasync();
    } catch (error) {
      throw toAppError(error, { path, what: 'a journal' });
    } finally {
      await handle.close();
    }
  };

  return {
    append(record) {
      const line = Buffer.from(`${JSON.stringify(record)}\n`);
      try {
        // A short write (disk almost full) leaves a torn line, which must not be glued to the next record.
        const written = writeSync(descriptor, line);
        if (written < line.length) {
          writeSync(descriptor, line, written);
        }
      } catch (error) {
        throw toAppError(error, { path, what: 'a journal' });
      }
    },

    sync() {
      if (!syncing) {
        syncing = fsync().finally(() => (syncing = undefined));
        return syncing;
      }
      // What was appended after the running fsync began is covered by the one after it.
      next ??= syncing
        .catch(() => {}) // its own callers are told
        .then(() => {
          next = undefined;
          syncing = fsync().finally(() => (syncing = undefined));
          return syncing;
        });
      return next;
    },

    async rewrite(records) {
      const temporary = `${path}.new`;
      const lines = Array.from(records, (record) => `${JSON.stringify(record)}\n`);
      try {
        await writeFile(temporary, lines.join(''), { flush: true });
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw toAppError(error, { path, what: 'a journal' });
      }
      closeSync(descriptor);
      descriptor = openSync(path, openFlags);
      const folder = await open(dirname(path), 'r');
      await folder.sync().finally(() => folder.close());
    },

    async close() {
      await (next ?? syncing)?.catch(() => {}); // whoever asked for it was told
      closeSync(descriptor);
      await unlock();
    },
  };
}

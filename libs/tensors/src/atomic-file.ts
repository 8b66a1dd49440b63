import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { toAppError } from '@medlego/errors';

export interface AtomicWriteOptions {
  /** What the file is, in words, for the error message. Default: "file". */
  readonly what?: string;
  /** Permission bits of the new file. Default: 0o666 less the umask. */
  readonly mode?: number;
}

/**
 * Writes a file so that at every instant, a power cut included, `path` holds either what it held before or all of the new
 * bytes: temporary file beside it → fsync → rename → fsync of the folder. The folder must exist.
 *
 * @param data text, bytes, or pieces that are written one after another
 * @throws DiskFullError, AccessDeniedError, FileNotFoundError (no such folder); the temporary file is gone by then
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { what = 'file', mode }: AtomicWriteOptions = {},
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`);
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx', mode);
    await handle.writeFile(data);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await handle?.close().catch(() => {}); // the write's own error is the one to tell
    await rm(temporary, { force: true }).catch(() => {}); // a leftover is harmless and marked by its name
    throw toAppError(error, { path, what });
  }
}

/** Makes renames and new names in a folder durable. A no-op where folders cannot be synced (Windows). */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

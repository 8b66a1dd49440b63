import { randomBytes } from 'node:crypto';
import * as nodeFiles from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isSystemError, toAppError } from '@medlego/errors';
import { syncFolder } from '@medlego/tensors';
import type { ArtifactDriver, ListedObject, ObjectStat } from '../driver.ts';
import { temporaryPrefix } from '../keys.ts';

/** The calls that change the disk; tests replace them to let the disk fail at each one. */
export type DiskFiles = Pick<typeof nodeFiles, 'link' | 'mkdir' | 'open' | 'rm'>;

/**
 * Objects as read-only files under a folder, which is made when the first one is written. Creating is: temporary file →
 * fsync → hard link to the final name (fails if it exists, unlike rename) → fsync of the folder.
 * The file system has to support hard links, as all but FAT and some network drives do.
 */
export function createDiskDriver(root: string, files: DiskFiles = nodeFiles): ArtifactDriver {
  const folder = resolve(root);
  const pathOf = (key: string) => join(folder, ...key.split('/'));

  return {
    location: folder,

    async create(key, source) {
      const path = pathOf(key);
      if (await statOrUndefined(path)) return 'exists';
      const temporary = pathOf(`${temporaryPrefix}${randomBytes(12).toString('hex')}`);
      try {
        await makeFolder(dirname(temporary), files);
        await makeFolder(dirname(path), files);
        await writeDurably(temporary, source, files);
        if (!(await linkNew(temporary, path, files))) return 'exists';
        await syncFolder(dirname(path));
        return 'created';
      } catch (error) {
        throw toAppError(error, { path: folder, what: 'an artifact' });
      } finally {
        await files.rm(temporary, { force: true }).catch(() => {}); // `gc` removes what is left here
      }
    },

    read: (key) => orUndefined(pathOf(key), () => readWhole(pathOf(key))),

    async stream(key) {
      const handle = await orUndefined(pathOf(key), () => nodeFiles.open(pathOf(key)));
      return handle?.createReadStream({ highWaterMark: 2 ** 20 });
    },

    stat: (key) => statOrUndefined(pathOf(key)),

    async touch(key) {
      const now = new Date();
      return (await orUndefined(pathOf(key), () => nodeFiles.utimes(pathOf(key), now, now).then(() => true))) ?? false;
    },

    list: (prefix) => walk(folder, prefix),

    async revision(prefix) {
      const now = Date.now();
      const path = pathOf(prefix);
      const stat = await orUndefined(path, () => nodeFiles.stat(path, { bigint: true }));
      if (!stat) return 'nothing';
      // Times are coarse: of two changes in one tick the second leaves no trace, so a young one says nothing for certain.
      return now - Number(stat.mtimeMs) > 2000 ? `${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs}` : undefined;
    },

    async keys(prefix) {
      const path = pathOf(prefix);
      const entries = (await orUndefined(path, () => nodeFiles.readdir(path, { withFileTypes: true }))) ?? [];
      return entries.flatMap((entry) => (entry.isDirectory() ? [] : [prefix + entry.name]));
    },

    async delete(key) {
      return (await orUndefined(pathOf(key), () => nodeFiles.unlink(pathOf(key)).then(() => true))) ?? false;
    },
  };
}

async function writeDurably(
  path: string,
  source: Uint8Array | AsyncIterable<Uint8Array>,
  files: DiskFiles,
): Promise<void> {
  const handle = await files.open(path, 'wx', 0o444);
  try {
    await handle.writeFile(source);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** False if another writer was faster. */
async function linkNew(existing: string, path: string, files: DiskFiles): Promise<boolean> {
  try {
    await files.link(existing, path);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Like `mkdir -p`, and the new names are durable. */
async function makeFolder(path: string, files: DiskFiles): Promise<void> {
  const first = await files.mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    await syncFolder(parent);
    if (parent === dirname(first) || parent === dirname(parent)) return;
  }
}

/** One call of the operating system reads 2 GiB at most. */
const maxReadBytes = 2 ** 30;

async function readWhole(path: string): Promise<Uint8Array> {
  const handle = await nodeFiles.open(path);
  try {
    // A buffer of its own, not a slice of a pool: tensors become aligned views of it.
    const bytes = new Uint8Array((await handle.stat()).size);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await handle.read(bytes, done, Math.min(bytes.length - done, maxReadBytes), done);
      if (bytesRead === 0) break; // shorter than it was a moment ago; the digest will tell
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } finally {
    await handle.close();
  }
}

async function statOrUndefined(path: string): Promise<ObjectStat | undefined> {
  const stat = await orUndefined(path, () => nodeFiles.stat(path));
  if (!stat?.isFile()) return undefined;
  // Some file systems do not keep the time of birth and say 1970, or the time of the last change.
  const createdMs = stat.birthtimeMs > 0 ? Math.min(stat.birthtimeMs, stat.mtimeMs) : stat.mtimeMs;
  return { size: stat.size, createdMs, modifiedMs: stat.mtimeMs };
}

/** Files under `prefix`, sorted by key; files that vanish meanwhile are left out. */
async function* walk(root: string, prefix: string): AsyncIterable<ListedObject> {
  const path = join(root, ...prefix.split('/'));
  const entries = (await orUndefined(path, () => nodeFiles.readdir(path, { withFileTypes: true }))) ?? [];
  // A folder sorts as if its name ended in "/", which keeps the order that of whole keys.
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  const stats = await Promise.all(
    names.map((name) => (name.endsWith('/') ? undefined : statOrUndefined(join(path, name)))),
  );
  for (const [index, name] of names.entries()) {
    const stat = stats[index];
    if (name.endsWith('/')) yield* walk(root, prefix + name);
    else if (stat) yield { key: prefix + name, ...stat };
  }
}

/** The result, or undefined if there is no such file. */
async function orUndefined<T>(path: string, operation: () => Promise<T>): Promise<T | undefined> {
  try {
    return await operation();
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw toAppError(error, { path, what: 'a part of the artifact store' });
  }
}

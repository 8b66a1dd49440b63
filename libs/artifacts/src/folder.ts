import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FileFormatError, InvalidValueError, isSystemError, toAppError } from '@medlego/errors';
import { syncFolder, type Digest } from '@medlego/tensors';
import { canonicalJson } from './canonical-json.ts';
import type { Manifest } from './manifest.ts';
import { parseManifest } from './manifest-schema.ts';
import { assertManifestVersion } from './stored-manifest.ts';

export const manifestFile = 'manifest.json';

/**
 * Writes into a folder beside the wanted one and renames it: all or nothing.
 * @param stream the bytes of a file; throws, at the end at the latest, if they are not those of the digest
 */
export async function exportToFolder(
  manifest: Manifest,
  target: string,
  stream: (digest: Digest, file: string) => AsyncIterable<Uint8Array>,
): Promise<void> {
  const folder = resolve(target);
  const temporary = join(dirname(folder), `.export-${randomBytes(6).toString('hex')}.tmp`);
  try {
    await removeEmpty(folder);
    await mkdir(temporary);
    for (const [file, { digest }] of Object.entries(manifest.files)) {
      const path = join(temporary, ...file.split('/'));
      await mkdir(dirname(path), { recursive: true });
      await writeNew(path, stream(digest, file));
    }
    await writeNew(join(temporary, manifestFile), canonicalJson(manifest, 'manifest'));
    await syncFolder(temporary);
    await rename(temporary, folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {}); // the first error is the one to tell
    throw toAppError(error, { path: folder, what: 'folder' });
  }
}

/** The manifest of an exported folder, checked field by field. */
export async function readFolderManifest(folder: string): Promise<Manifest> {
  const path = join(folder, manifestFile);
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw toAppError(error, { path, what: 'manifest' });
    throw new FileFormatError({ file: path, expected: 'JSON', actual: 'other text' }, { cause: error });
  }
  if (typeof document !== 'object' || document === null)
    throw new FileFormatError({ file: path, expected: 'a JSON object', actual: String(document) });
  assertManifestVersion(document, path);
  return parseManifest(document, path);
}

async function removeEmpty(folder: string): Promise<void> {
  try {
    if ((await readdir(folder)).length > 0)
      throw new InvalidValueError({ field: folder, expected: 'a new or empty folder', actual: 'one with files in it' });
    await rmdir(folder);
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
  }
}

async function writeNew(path: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

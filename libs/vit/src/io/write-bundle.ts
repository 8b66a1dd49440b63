import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidValueError, toAppError } from '@medlego/errors';
import { syncFolder, writeFileAtomic, writeSafetensors } from '@medlego/tensors';
import { type ExportBundle } from '../formats/bundle.ts';

const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/**
 * Writes an export. A path that ends in `.safetensors` becomes that file, with its configuration beside it as `.json` (timm and
 * MeLo); any other path becomes a folder. A new folder appears with all its files or not at all; in one that is there already,
 * each file is replaced whole, configurations last.
 *
 * @returns paths written
 * @throws InvalidValueError if a format of several files is asked for as one, DiskFullError, AccessDeniedError
 */
export async function writeBundle(bundle: ExportBundle, path: string): Promise<readonly string[]> {
  if (path.endsWith('.safetensors')) return writeSingle(bundle, path);
  const there = await stat(path).then(
    () => true,
    () => false, // absent, or the write below says why not
  );
  if (there) return writeInto(bundle, path);

  const temporary = `${path.replace(/[\\/]+$/, '')}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(temporary, { recursive: true });
    const written = await writeInto(bundle, temporary);
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return written.map((file) => join(path, file.slice(temporary.length)));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {}); // the write's own error is the one to tell
    throw toAppError(error, { path, what: 'the export' });
  }
}

async function writeInto({ tensors, json }: ExportBundle, folder: string): Promise<string[]> {
  const written: string[] = [];
  for (const [name, named] of Object.entries(tensors)) {
    await writeSafetensors(join(folder, name), named, { format: 'pt' }); // transformers refuses files without it
    written.push(join(folder, name));
  }
  for (const [name, value] of Object.entries(json)) {
    await writeFileAtomic(join(folder, name), toJson(value), { what: name });
    written.push(join(folder, name));
  }
  return written;
}

async function writeSingle({ tensors, json }: ExportBundle, path: string): Promise<string[]> {
  const [named, ...more] = Object.values(tensors);
  const names = Object.keys(json);
  if (!named || more.length > 0 || names.some((name) => name !== 'config.json'))
    throw new InvalidValueError({
      field: path,
      expected: 'a folder, since this format has several files',
      actual: 'a file name',
    });
  await mkdir(dirname(path), { recursive: true });
  await writeSafetensors(path, named, { format: 'pt' });
  if (names.length === 0) return [path];
  const beside = `${path.slice(0, -'.safetensors'.length)}.json`;
  await writeFileAtomic(beside, toJson(json['config.json']), { what: 'configuration' });
  return [path, beside];
}

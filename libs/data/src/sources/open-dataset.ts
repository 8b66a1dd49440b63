import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetNotFoundError, InvalidValueError, isSystemError, toAppError } from '@medlego/errors';
import { type Dataset } from '../dataset.ts';
import { descriptorOf, medmnistFile, medmnistSizes } from '../medmnist/descriptors.ts';
import { openCifarArchive } from './cifar-archive.ts';
import { openCsv } from './csv-source.ts';
import { openImageFolder } from './image-folder.ts';
import { openNpz } from './npz-source.ts';
import { type OpenOptions } from './options.ts';

type Kind = 'file' | 'folder';

/**
 * Opens a data set and finds out itself what it is: a MedMNIST `.npz`, a list in `.csv`, a `.tar.gz` of small photographs,
 * a folder with a `labels.csv`, a folder of class folders; or, for a bare name, the first of these that a search folder holds.
 *
 * @throws DatasetNotFoundError with what was looked at and how to get a known set; everything that the sources throw
 */
export async function openDataset(ref: string, options: OpenOptions = {}): Promise<Dataset> {
  const { path, kind } = await locate(ref, options.searchDirs ?? ['data']);
  if (kind === 'folder') {
    const labels = join(path, 'labels.csv');
    return (await kindOf(labels)) === 'file' ? openCsv(labels, options) : openImageFolder(path, options);
  }
  if (path.endsWith('.npz')) return openNpz(path, options);
  if (path.endsWith('.csv')) return openCsv(path, options);
  if (path.endsWith('.tar.gz') || path.endsWith('.tgz')) return openCifarArchive(path, options);
  throw new InvalidValueError({ field: path, expected: 'a .npz, .csv or .tar.gz file, or a folder', actual: 'another kind of file' });
}

async function locate(ref: string, searchDirs: readonly string[]): Promise<{ path: string; kind: Kind }> {
  const searched = [ref];
  if (/^[\w-]+$/.test(ref)) for (const dir of searchDirs) searched.push(join(dir, `${ref}.npz`), join(dir, `${ref}.csv`), join(dir, ref));
  for (const path of searched) {
    const kind = await kindOf(path);
    if (kind) return { path, kind };
  }
  throw new DatasetNotFoundError({ ref, searched, hint: hintFor(ref) });
}

function hintFor(ref: string): string {
  const name = ref.replace(/^.*[/\\]/, '').replace(/\.npz$/, '');
  const known = medmnistSizes.find((size) => descriptorOf(name.replace(/_\d+$/, '')) && medmnistFile(name.replace(/_\d+$/, ''), size) === `${name}.npz`);
  return known === undefined
    ? 'Give a path, or a name out of "medlego data ls".'
    : `Get it with: medlego data download ${name.replace(/_\d+$/, '')}${known === 28 ? '' : ` --size ${known}`}`;
}

async function kindOf(path: string): Promise<Kind | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw toAppError(error, { path, what: 'data set' });
  }
}

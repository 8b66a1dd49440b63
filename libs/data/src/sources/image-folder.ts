import { readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { InvalidValueError, LabelRangeError, toAppError } from '@medlego/errors';
import { type Dataset } from '../dataset.ts';
import { openLabelledFiles, type LabelledFile } from './labelled-files.ts';
import { type OpenOptions } from './options.ts';
import { splitOfName } from './split-names.ts';
import { describeFolder, mergeTask, taskNameOf } from './task-description.ts';

/** Endings that are taken for images; a file without one may be DICOM, which often has none. */
export const imageExtensions = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.gif', '.dcm', '.dicom', '.ima', ''];

/**
 * Opens a folder of class folders, `CLASS/FILE` or `train/CLASS/FILE`, `val/...`, `test/...`; files may lie deeper. Classes
 * are numbered in the order of their names unless a description (`task.json`) or the caller names them. Hidden files
 * and files with other endings are passed over. Two classes make a binary task, more a multi-class one.
 *
 * @throws FileNotFoundError, InvalidValueError, LabelRangeError (a folder that is no label), UnreadableImagesError
 */
export async function openImageFolder(path: string, options: OpenOptions = {}): Promise<Dataset> {
  const members = await listFiles(path);
  const hasSplits = members.length > 0 && members.every(({ parts }) => splitOfName(parts[0]!) !== undefined);
  const placed = members.map(({ file, parts }) => ({
    file,
    split: hasSplits ? splitOfName(parts[0]!) : undefined,
    name: parts[hasSplits ? 1 : 0],
  }));
  const named = placed.filter((member): member is typeof member & { name: string } => member.name !== undefined);
  const names = [...new Set(named.map(({ name }) => name))].sort();
  if (names.length < 2)
    throw new InvalidValueError({
      field: path,
      expected: 'CLASS/FILE or train/CLASS/FILE, with at least two classes',
      actual: names.length === 1 ? `one class, ${names[0]}` : 'no class folder with images',
    });
  const description = await describeFolder(path);
  const task = mergeTask(
    description.origin ?? path,
    { name: taskNameOf(path), kind: names.length === 2 ? 'binary-class' : 'multi-class', labels: names },
    description.task,
    options.task ?? {},
  );
  const files = named.map(({ file, split, name }, row): LabelledFile => {
    const label = task.labels.indexOf(name);
    if (label < 0)
      throw new LabelRangeError({
        source: path,
        split: split ?? 'all',
        row,
        expected: `a folder named after one of ${task.labels.join(', ')}`,
        actual: name,
      });
    return { path: file, labels: [label], split };
  });
  assertSingleLabel(path, task.kind);
  return openLabelledFiles(path, 'image-folder', task, files, options);
}

function assertSingleLabel(path: string, kind: string): void {
  if (kind === 'multi-label, binary-class')
    throw new InvalidValueError({
      field: path,
      expected: 'a task with one label per image (a list in CSV can give several)',
      actual: kind,
    });
}

/** Image files below a folder in the order of their paths, with the folders that lead to them. */
async function listFiles(path: string): Promise<{ file: string; parts: string[] }[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw toAppError(error, { path, what: 'image folder' });
  });
  return entries
    .filter((entry) => entry.isFile() && imageExtensions.includes(extname(entry.name).toLowerCase()))
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .filter((name) => !name.split(sep).some((part) => part.startsWith('.')))
    .sort()
    .map((name) => ({ file: join(path, name), parts: name.split(sep).slice(0, -1) }))
    .filter(({ parts }) => parts.length > 0);
}

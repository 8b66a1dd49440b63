import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FileFormatError, InvalidValueError, LabelRangeError, toAppError } from '@medlego/errors';
import { type Task, type TaskInput } from '@medlego/tasks';
import { parse } from 'csv-parse/sync';
import { type Dataset } from '../dataset.ts';
import { openLabelledFiles, type LabelledFile } from './labelled-files.ts';
import { type OpenOptions } from './options.ts';
import { splitOfName } from './split-names.ts';
import { describeTask, mergeTask, taskNameOf } from './task-description.ts';

type Row = Readonly<Record<string, string>>;

/**
 * Opens a list of images in CSV with a header line. Columns:
 * `file` (path from the list's folder; PNG, JPEG, WebP, TIFF, GIF, DICOM), `label` (one class name) or `labels` (names joined
 * by `|`, empty for none: a multi-label task), and optionally `split` (train, val, test) and `group` (patient; a group is
 * never divided by the seeded split). Other columns are passed over.
 *
 * @throws FileNotFoundError, FileFormatError, InvalidValueError, LabelRangeError, UnreadableImagesError, TransferSyntaxError
 */
export async function openCsv(path: string, options: OpenOptions = {}): Promise<Dataset> {
  const rows = await readRows(path);
  const columns = Object.keys(rows[0] ?? {});
  const isMultiLabel = columns.includes('labels');
  for (const column of ['file', isMultiLabel ? 'labels' : 'label'])
    if (!columns.includes(column))
      throw new FileFormatError({
        file: path,
        expected: `a column ${column}`,
        actual: columns.length > 0 ? `columns ${columns.join(', ')}` : 'no rows',
      });
  const namesOf = (row: Row) => (isMultiLabel ? row['labels']!.split('|').map((name) => name.trim()).filter(Boolean) : [row['label']!]);
  const names = [...new Set(rows.flatMap(namesOf))].sort(byNumberOrName);
  const description = await describeTask(path);
  const inferred: Partial<TaskInput> = {
    name: taskNameOf(path === 'labels.csv' || path.endsWith('/labels.csv') ? dirname(resolve(path)) : path),
    kind: isMultiLabel ? 'multi-label, binary-class' : names.length === 2 ? 'binary-class' : 'multi-class',
    labels: names,
  };
  const task = mergeTask(description.origin ?? path, inferred, description.task, options.task ?? {});
  if ((task.kind === 'multi-label, binary-class') !== isMultiLabel)
    throw new InvalidValueError({
      field: `${path}, columns`,
      expected: isMultiLabel ? 'a column label, since the task has one label per image' : 'a column labels, since the task has several',
      actual: columns.join(', '),
    });
  const files = rows.map((row, index) => toFile(path, task, row, index, namesOf(row)));
  if (files.some(({ split }) => split) && files.some(({ split }) => !split))
    throw new InvalidValueError({
      field: `${path}, row ${files.findIndex(({ split }) => !split) + 2}, split`,
      expected: 'train, val or test in every row, or in none',
      actual: 'nothing',
    });
  return openLabelledFiles(path, 'csv', task, files, options);
}

function toFile(path: string, task: Task, row: Row, index: number, names: readonly string[]): LabelledFile {
  const line = index + 2; // the header is line 1
  const indices = names.map((name) => {
    const label = task.labels.indexOf(name);
    if (label < 0)
      throw new LabelRangeError({
        source: path,
        split: row['split'] || 'all',
        row: line,
        expected: `one of ${task.labels.join(', ')}`,
        actual: name || '(empty)',
      });
    return label;
  });
  if (!row['file'])
    throw new InvalidValueError({ field: `${path}, row ${line}, file`, expected: 'a path', actual: 'nothing' });
  const split = row['split'] ? splitOfName(row['split']) : undefined;
  if (row['split'] && !split)
    throw new InvalidValueError({ field: `${path}, row ${line}, split`, expected: 'train, val or test', actual: row['split'] });
  return {
    path: resolve(dirname(path), row['file']),
    labels:
      task.kind === 'multi-label, binary-class'
        ? task.labels.map((_, label) => (indices.includes(label) ? 1 : 0))
        : indices,
    split,
    group: row['group'] || undefined,
  };
}

async function readRows(path: string): Promise<Row[]> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw toAppError(error, { path, what: 'list of images' });
  });
  try {
    return parse(bytes, {
      bom: true,
      columns: (header: string[]) => header.map((name) => name.trim().toLowerCase()),
      skip_empty_lines: true,
      trim: true,
      max_record_size: 1 << 20,
    }) as Row[];
  } catch (error) {
    throw new FileFormatError({ file: path, expected: 'CSV with a header line', actual: (error as Error).message }, { cause: error });
  }
}

/** Names that are all numbers are ordered as numbers: 2 before 10. */
const byNumberOrName = (a: string, b: string) =>
  /^\d+$/.test(a) && /^\d+$/.test(b) ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0;

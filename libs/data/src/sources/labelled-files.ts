import { InvalidValueError } from '@medlego/errors';
import { type Task } from '@medlego/tasks';
import { createDataset, splitNames, selectRows, type Dataset, type SourceFormat, type SplitName } from '../dataset.ts';
import { labelWidthOf } from '../labels.ts';
import { assignSplits, type SplitItem } from './assign-splits.ts';
import { loadImages } from './load-images.ts';
import { defaultFractions, type OpenOptions } from './options.ts';

/** An image file and what is known about it. */
export interface LabelledFile {
  readonly path: string;
  /** As many numbers as the task's labels have columns. */
  readonly labels: readonly number[];
  /** Undefined: to be decided by the seeded split. */
  readonly split?: SplitName | undefined;
  /** Files of one group (a patient) never part in the seeded split. */
  readonly group?: string | undefined;
}

/**
 * Decodes a list of labelled files into a data set. Files without a split get one: all of them by the three shares, or, where
 * the source has a test split but no validation split, a tenth of train becomes val. Files with the same bytes stay together.
 */
export async function openLabelledFiles(
  path: string,
  format: SourceFormat,
  task: Task,
  files: readonly LabelledFile[],
  options: OpenOptions,
): Promise<Dataset> {
  if (files.length === 0)
    throw new InvalidValueError({ field: path, expected: 'at least one image', actual: 'none' });
  const { splits: wanted = splitNames, splitSeed = 0 } = options;
  // A split that is read off the source needs only its own files; a seeded one depends on all of them.
  const isSeeded = needsSeed(files);
  const read = isSeeded ? files : files.filter(({ split }) => split !== undefined && wanted.includes(split));
  const loaded = await loadImages(path, read.map((file) => file.path), options);
  const kept = loaded.kept.map((index) => ({ ...read[index]!, hash: loaded.hashes[index]! }));
  const notices = noticeSkipped(loaded.skipped, read.length);
  const splitOf = isSeeded ? seededSplits(kept, options) : kept.map(({ split }) => split!);
  if (isSeeded)
    notices.push(`${path} names no ${isWithoutSplits(files) ? 'splits' : 'validation split'}: made with seed ${splitSeed}.`);
  const labelWidth = labelWidthOf(task);
  const whole = { ...loaded, labels: Int32Array.from(kept.flatMap(({ labels }) => labels)), labelWidth };
  const rowsOf = (name: SplitName) => splitOf.flatMap((split, row) => (split === name ? [row] : []));
  const splits = Object.fromEntries(
    wanted.map((name) => {
      const { images, count, height, width, channels, labels } = selectRows(whole, rowsOf(name));
      return [name, { images, count, height, width, channels, labels, labelWidth }];
    }),
  );
  return createDataset({ task, splits, source: { format, path, skipped: loaded.skipped }, notices });
}

const isWithoutSplits = (files: readonly LabelledFile[]) => files.every(({ split }) => split === undefined);

const has = (files: readonly LabelledFile[], name: SplitName) => files.some(({ split }) => split === name);

const needsSeed = (files: readonly LabelledFile[]) =>
  isWithoutSplits(files) || (has(files, 'train') && has(files, 'test') && !has(files, 'val'));

function seededSplits(files: readonly (LabelledFile & { hash: string })[], options: OpenOptions): SplitName[] {
  const { splitSeed = 0, splitFractions = defaultFractions } = options;
  const item = ({ labels, group, hash }: LabelledFile & { hash: string }): SplitItem => ({
    stratum: labels.join(','),
    group: group ?? hash,
  });
  if (isWithoutSplits(files)) return assignSplits(files.map(item), splitFractions, splitSeed);
  const train = files.filter(({ split }) => split === 'train');
  const assigned = assignSplits(train.map(item), { train: 0.9, val: 0.1, test: 0 }, splitSeed);
  let next = 0;
  return files.map(({ split }) => (split === 'train' ? assigned[next++]! : split!));
}

const noticeSkipped = (skipped: readonly { file: string; reason: string }[], total: number): string[] =>
  skipped.length === 0
    ? []
    : [`${skipped.length} of ${total} images could not be read and were left out, the first is ${skipped[0]!.file} (${skipped[0]!.reason})`];

import { createHash } from 'node:crypto';
import { EmptySplitError, ShapeMismatchError } from '@medlego/errors';
import { type Task } from '@medlego/tasks';
import { assertLabels, missingClasses } from './labels.ts';

/** MedMNIST's split names, in the order in which they are stored, hashed and reported. */
export const splitNames = ['train', 'val', 'test'] as const;
export type SplitName = (typeof splitNames)[number];

/** Images of one size, back to back in memory. Borrowed by whoever gets it: nobody writes to it. */
export interface ImageSet {
  /** uint8 `[count, height, width, channels]`, row-major. */
  readonly images: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** 1 grey, 3 red-green-blue. */
  readonly channels: 1 | 3;
}

/** One split: images and their labels, row by row. */
export interface Split extends ImageSet {
  /** int32 `[count, labelWidth]`: a class index per row, or 0/1 per label of a multi-label task. */
  readonly labels: Int32Array;
  /** 1, or the number of labels of a multi-label task. */
  readonly labelWidth: number;
}

export type SourceFormat = 'npz' | 'image-folder' | 'csv' | 'cifar-archive' | 'memory';

/** Where a data set came from. */
export interface DatasetSource {
  readonly format: SourceFormat;
  readonly path: string;
  /** Files that could not be read and were left out on request. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

/** A task with its images, whole in memory. A split that was not asked for has count 0. */
export interface Dataset {
  readonly task: Task;
  readonly splits: Readonly<Record<SplitName, Split>>;
  readonly source: DatasetSource;
  /** `sha256:...` over task name, kind, labels and every split's shape, images and labels; not over files, paths or licences. */
  readonly digest: string;
  /** What a reader of results should know: inferred settings, missing classes, files left out. Sentences. */
  readonly notices: readonly string[];
}

export interface DatasetParts {
  readonly task: Task;
  readonly splits: Partial<Record<SplitName, Split>>;
  readonly source: DatasetSource;
  readonly notices?: readonly string[];
}

export const emptySplit = (labelWidth = 1): Split => ({
  images: new Uint8Array(0),
  count: 0,
  height: 0,
  width: 0,
  channels: 1,
  labels: new Int32Array(0),
  labelWidth,
});

/**
 * Puts a data set together: checks every label against the task, notes classes that a split lacks, and computes the digest.
 *
 * @throws LabelRangeError, ShapeMismatchError, CountMismatchError
 */
export function createDataset({ task, splits, source, notices = [] }: DatasetParts): Dataset {
  const labelWidth = task.kind === 'multi-label, binary-class' ? task.labels.length : 1;
  const whole = Object.fromEntries(splitNames.map((name) => [name, splits[name] ?? emptySplit(labelWidth)])) as Record<
    SplitName,
    Split
  >;
  assertOneSize(source.path, whole);
  const found = [...notices];
  for (const name of splitNames) {
    const split = whole[name];
    assertLabels(task, split, { source: source.path, split: name });
    if (split.count === 0) continue;
    const missing = missingClasses(task, split);
    if (missing.length > 0)
      found.push(`${name} holds no image of ${missing.join(', ')}: its AUC is skipped there and the mean goes over the rest.`);
  }
  return { task, splits: whole, source, digest: digestOf(task, whole), notices: found };
}

/** All splits hold images of one size, since one backbone is to see them all. */
function assertOneSize(source: string, splits: Record<SplitName, Split>): void {
  const sizeOf = ({ height, width, channels }: Split) => [height, width, channels];
  const [first, ...others] = splitNames.filter((name) => splits[name].count > 0);
  const expected = first && sizeOf(splits[first]);
  for (const name of others) {
    const actual = sizeOf(splits[name]);
    if (expected!.some((dim, axis) => dim !== actual[axis]))
      throw new ShapeMismatchError({ param: `${source}: ${name}_images beside ${first}_images`, expected: expected!, actual });
  }
}

/** The named split, or EmptySplitError if it holds nothing. */
export function requireSplit(dataset: Dataset, name: SplitName): Split {
  const split = dataset.splits[name];
  if (split.count === 0) throw new EmptySplitError({ source: dataset.source.path, split: name });
  return split;
}

/** The rows `indices` of a split, copied. */
export function selectRows(split: Split, indices: ArrayLike<number>): Split {
  const pixels = split.height * split.width * split.channels;
  const images = new Uint8Array(indices.length * pixels);
  const labels = new Int32Array(indices.length * split.labelWidth);
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row]!;
    images.set(split.images.subarray(from * pixels, (from + 1) * pixels), row * pixels);
    labels.set(split.labels.subarray(from * split.labelWidth, (from + 1) * split.labelWidth), row * split.labelWidth);
  }
  return { ...split, images, labels, count: indices.length };
}

function digestOf(task: Task, splits: Record<SplitName, Split>): string {
  const hash = createHash('sha256');
  hash.update(`${JSON.stringify([task.name, task.kind, task.labels])}\n`);
  for (const name of splitNames) {
    const { count, height, width, channels, labelWidth, images, labels } = splits[name];
    hash.update(`${JSON.stringify([name, count, height, width, channels, labelWidth])}\n`);
    hash.update(images);
    hash.update(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength));
  }
  return `sha256:${hash.digest('hex')}`;
}

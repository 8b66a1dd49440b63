import { CountMismatchError, FileFormatError, InvalidValueError, LabelRangeError, MissingArrayError } from '@medlego/errors';
import { type TaskInput } from '@medlego/tasks';
import { createDataset, splitNames, type Dataset, type Split, type SplitName } from '../dataset.ts';
import { readNpz, type NpyArray } from '../npz/read-npz.ts';
import { type OpenOptions } from './options.ts';
import { describeTask, mergeTask, taskNameOf } from './task-description.ts';

/**
 * Opens a MedMNIST file: `train_images` uint8 `(N, H, W)` or `(N, H, W, 3)`, `train_labels` integers `(N, L)` or `(N)`,
 * and the same for `val` and `test`. The task comes from a description beside the file or from the MedMNIST descriptors;
 * failing both it is inferred from the labels, and a notice says so.
 *
 * @throws FileNotFoundError, FileFormatError, ArchiveLimitError, MissingArrayError, CountMismatchError, LabelRangeError,
 *   ShapeMismatchError, InvalidValueError
 */
export async function openNpz(path: string, options: OpenOptions = {}): Promise<Dataset> {
  const { splits: wanted = splitNames, limits, signal } = options;
  const keys = wanted.flatMap((split) => [`${split}_images`, `${split}_labels`]);
  const { names, arrays } = await readNpz(path, { keys, ...(limits && { limits }), ...(signal && { signal }) });
  const arrayOf = (key: string): NpyArray => {
    const array = arrays.get(key);
    if (!array) throw new MissingArrayError({ file: path, key, found: names });
    return array;
  };
  const splits: Partial<Record<SplitName, Split>> = {};
  for (const name of splitNames)
    if (wanted.includes(name))
      splits[name] = toSplit(path, name, arrayOf(`${name}_images`), arrayOf(`${name}_labels`));

  const description = await describeTask(path);
  const notices: string[] = [];
  let inferred: Partial<TaskInput> = { name: taskNameOf(path) };
  const known = { ...description.task, ...options.task };
  if (known.kind === undefined || known.labels === undefined) {
    const guess = inferTask(Object.values(splits));
    inferred = { ...inferred, ...guess };
    notices.push(
      `No description of the task was found beside ${path}: taken for ${known.kind ?? guess.kind} with ` +
        `${known.labels?.length ?? guess.labels.length} labels. Write ${path.replace(/\.npz$/, '.json')} to name them.`,
    );
  }
  const task = mergeTask(description.origin ?? path, inferred, description.task, options.task ?? {});
  return createDataset({ task, splits, source: { format: 'npz', path, skipped: [] }, notices });
}

function toSplit(file: string, name: SplitName, images: NpyArray, labels: NpyArray): Split {
  const [count, height, width, channels = 1] = images.shape;
  const isImage = images.shape.length === 3 || (images.shape.length === 4 && (channels === 1 || channels === 3));
  if (!isImage || count === undefined || height === undefined || width === undefined)
    throw new FileFormatError({
      file: `${file}, ${name}_images`,
      expected: 'shape (N, H, W) or (N, H, W, 3)',
      actual: `(${images.shape.join(', ')})`,
    });
  if (images.descr !== '|u1')
    throw new InvalidValueError({ field: `${file}, ${name}_images.dtype`, expected: 'uint8 (|u1)', actual: images.descr });
  if (count > 0 && height * width === 0)
    throw new InvalidValueError({
      field: `${file}, ${name}_images`,
      expected: 'images of at least 1 x 1 pixel',
      actual: `${width} x ${height}`,
    });
  const [rows = 0, labelWidth = 1] = labels.shape;
  if (labels.shape.length < 1 || labels.shape.length > 2 || labelWidth === 0)
    throw new FileFormatError({
      file: `${file}, ${name}_labels`,
      expected: 'shape (N, L) or (N)',
      actual: `(${labels.shape.join(', ')})`,
    });
  if (rows !== count) throw new CountMismatchError({ source: file, split: name, images: count, labels: rows });
  return {
    images: images.data as Uint8Array,
    count,
    height,
    width,
    channels: channels as 1 | 3,
    labels: toInt32(file, name, labels, labelWidth),
    labelWidth,
  };
}

function toInt32(file: string, split: SplitName, { descr, data }: NpyArray, labelWidth: number): Int32Array {
  if (data instanceof Float32Array || data instanceof Float64Array)
    throw new InvalidValueError({ field: `${file}, ${split}_labels.dtype`, expected: 'an integer type', actual: descr });
  const labels = new Int32Array(data.length);
  for (let index = 0; index < data.length; index++) {
    labels[index] = Number(data[index]);
    if (BigInt(labels[index]!) !== BigInt(data[index]!))
      throw new LabelRangeError({
        source: file,
        split,
        row: Math.floor(index / labelWidth),
        expected: 'a 32-bit integer',
        actual: String(data[index]),
      });
  }
  return labels;
}

/** Kind and label names as far as the label arrays tell them: several columns mean multi-label, two classes mean binary. */
function inferTask(splits: readonly Split[]): { kind: TaskInput['kind']; labels: string[] } {
  const labelWidth = splits[0]?.labelWidth ?? 1;
  const names = (count: number) => Array.from({ length: count }, (_, index) => String(index));
  if (labelWidth > 1) return { kind: 'multi-label, binary-class', labels: names(labelWidth) };
  let highest = 1;
  for (const { labels } of splits) for (const label of labels) if (label > highest) highest = label;
  return { kind: highest === 1 ? 'binary-class' : 'multi-class', labels: names(Math.min(highest, 9999) + 1) };
}

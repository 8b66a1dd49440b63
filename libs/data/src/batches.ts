import { InvalidValueError } from '@medlego/errors';
import { headWidth, type Task } from '@medlego/tasks';
import { createAugmenter } from './augment/augment.ts';
import { type AugmentSpec } from './augment/spec.ts';
import { type Split } from './dataset.ts';
import { normalisationTable } from './preprocess/normalise.ts';
import { normaliseCentre, toResized } from './preprocess/preprocess.ts';
import { type PreprocessSpec } from './preprocess/spec.ts';
import { permutation } from './random/shuffle.ts';
import { streams } from './random/random-stream.ts';
import { writeTarget } from './targets.ts';

/** One batch of fixed size B; rows beyond the split's end are padding: mask 0, index -1, zeros everywhere. Owned by the caller. */
export interface Batch {
  /** float32 `[B, imgSize, imgSize, 3]`, normalised. */
  readonly images: Float32Array;
  /** float32 `[B, K]`: one-hot, or 0/1 per label of a multi-label task. */
  readonly labels: Float32Array;
  /** float32 `[B]`: 1 for an image, 0 for padding. */
  readonly mask: Float32Array;
  /** int32 `[B]`: row of the split, -1 for padding. */
  readonly indices: Int32Array;
  readonly epoch: number;
  readonly step: number;
  /** Images in the batch, padding not counted. */
  readonly count: number;
}

export interface BatchOptions {
  readonly task: Pick<Task, 'kind' | 'labels'>;
  readonly batchSize: number;
  readonly preprocess: PreprocessSpec;
  /** Decides the order and the augmentation. Default: 0. */
  readonly seed?: number;
  /** A new order in every epoch. Default: false, the split's own order. */
  readonly shuffle?: boolean;
  /** Random changes to the images. Default: none. */
  readonly augment?: AugmentSpec;
}

/** Batches by number: the same (epoch, step) gives the same bytes, whatever was read before. */
export interface BatchLoader {
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  /** Batch `step` (from 0) of `epoch` (from 0). @throws InvalidValueError outside the epoch */
  batchAt(epoch: number, step: number): Batch;
  /** The batches of one epoch, from `fromStep` on. */
  epoch(epoch: number, fromStep?: number): Generator<Batch>;
}

/**
 * Prepares a split for training or evaluation. Images that shrink are resized once, here; images that would grow are resized
 * batch by batch, to keep memory at the size of the data set.
 *
 * @param split borrowed for as long as the loader is used
 */
export function createBatchLoader(split: Split, options: BatchOptions): BatchLoader {
  const { task, batchSize, preprocess, seed = 0, shuffle = false, augment } = options;
  assertPositive('batchSize', batchSize);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new InvalidValueError({ field: 'seed', expected: 'a non-negative integer', actual: seed });
  const { imgSize } = preprocess;
  const width = headWidth(task);
  const table = normalisationTable(preprocess);
  const augmentInto = augment && createAugmenter(augment, preprocess, seed);
  const resized = toResizedIfSmaller(split, preprocess);
  const stepsPerEpoch = Math.ceil(split.count / batchSize);
  let order: { epoch: number; rows: Uint32Array } | undefined;

  const rowsOf = (epoch: number): Uint32Array | undefined => {
    if (!shuffle) return undefined;
    if (order?.epoch !== epoch) order = { epoch, rows: permutation(split.count, seed, streams.shuffle, epoch) };
    return order.rows;
  };

  const batchAt = (epoch: number, step: number): Batch => {
    if (!Number.isInteger(epoch) || epoch < 0)
      throw new InvalidValueError({ field: 'epoch', expected: 'a non-negative integer', actual: epoch });
    if (!Number.isInteger(step) || step < 0 || step >= stepsPerEpoch)
      throw new InvalidValueError({ field: 'step', expected: `an integer from 0 to ${stepsPerEpoch - 1}`, actual: step });
    const rows = rowsOf(epoch);
    const count = Math.min(batchSize, split.count - step * batchSize);
    const images = new Float32Array(batchSize * imgSize * imgSize * 3);
    const labels = new Float32Array(batchSize * width);
    const mask = new Float32Array(batchSize).fill(1, 0, count);
    const indices = new Int32Array(batchSize).fill(-1);
    for (let row = 0; row < count; row++) {
      const index = rows ? rows[step * batchSize + row]! : step * batchSize + row;
      indices[row] = index;
      writeTarget(task, split, index, labels, row);
      const source = resized ?? toResized(rowOf(split, index), preprocess);
      const from = resized ? index : 0;
      if (augmentInto) augmentInto(source, from, { epoch, index }, images, row);
      else normaliseCentre(source, from, preprocess, table, images, row);
    }
    return { images, labels, mask, indices, epoch, step, count };
  };

  return {
    batchSize,
    stepsPerEpoch,
    batchAt,
    *epoch(epoch, fromStep = 0) {
      for (let step = fromStep; step < stepsPerEpoch; step++) yield batchAt(epoch, step);
    },
  };
}

/** The batches of one epoch of a split; for training over many epochs make the loader once. */
export const batches = (split: Split, options: BatchOptions & { readonly epoch?: number }): Generator<Batch> =>
  createBatchLoader(split, options).epoch(options.epoch ?? 0);

function rowOf(split: Split, row: number): Split {
  const pixels = split.height * split.width * split.channels;
  return { ...split, images: split.images.subarray(row * pixels, (row + 1) * pixels), count: 1 };
}

function toResizedIfSmaller(split: Split, preprocess: PreprocessSpec): Split | undefined {
  const { imgSize, crop } = preprocess;
  const side = imgSize / crop;
  return side * side <= split.height * split.width ? toResized(split, preprocess) : undefined;
}

function assertPositive(field: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidValueError({ field, expected: 'an integer of at least 1', actual: value });
}

import { describe, expect, it } from 'vitest';
import { parseAugmentSpec } from './augment/spec.ts';
import { batches, createBatchLoader } from './batches.ts';
import { preprocess } from './preprocess/preprocess.ts';
import { parsePreprocessSpec } from './preprocess/spec.ts';
import { pattern } from './testing/npz-file.ts';

const task = { kind: 'multi-class', labels: ['a', 'b', 'c'] } as const;
const classes = { ...task, labels: [...task.labels] };
const split = {
  images: pattern(10 * 6 * 6),
  count: 10,
  height: 6,
  width: 6,
  channels: 1,
  labels: Int32Array.from({ length: 10 }, (_, row) => row % 3),
  labelWidth: 1,
} as const;
const options = { task: classes, batchSize: 4, preprocess: parsePreprocessSpec({ imgSize: 6 }), seed: 5 };
const shuffled = { ...options, shuffle: true, augment: parseAugmentSpec({ crop: { padding: 1 }, horizontalFlip: 0.5 }) };

describe('createBatchLoader', () => {
  it('goes through a split in its own order, padding the last batch and masking what is padded', () => {
    const all = [...batches(split, options)];
    expect(all.map(({ count }) => count)).toEqual([4, 4, 2]);
    expect(all.flatMap(({ indices }) => [...indices])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1]);
    const last = all[2]!;
    expect([...last.mask]).toEqual([1, 1, 0, 0]);
    expect(last.images.length).toBe(4 * 6 * 6 * 3);
    expect(last.images.subarray(2 * 108).every((value) => value === 0)).toBe(true);
    expect([...last.labels]).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(last.images.subarray(0, 216)).toEqual(preprocess({ ...split, images: split.images.subarray(8 * 36), count: 2 }, options.preprocess));
  });

  it('shows every image once per epoch, in another order each time', () => {
    const loader = createBatchLoader(split, shuffled);
    const epoch = (number: number) => [...loader.epoch(number)].flatMap(({ indices }) => [...indices]).filter((index) => index >= 0);
    expect(epoch(0).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(epoch(1)).not.toEqual(epoch(0));
  });

  it('gives the same bytes for the same epoch and step, whatever was read before', () => {
    const straight = createBatchLoader(split, shuffled);
    const seen = [0, 1, 2].map((epoch) => [...straight.epoch(epoch)]);
    const resumed = createBatchLoader(split, shuffled);
    expect(resumed.batchAt(2, 1)).toEqual(seen[2]![1]);
    expect([...resumed.epoch(1, 2)]).toEqual(seen[1]!.slice(2));
    expect(createBatchLoader(split, { ...shuffled, seed: 6 }).batchAt(2, 1)).not.toEqual(seen[2]![1]);
  });

  it.each([3, 12])('resizes to %i pixels as preprocessing does, whether images shrink or grow', (imgSize) => {
    const pre = parsePreprocessSpec({ imgSize });
    const batch = createBatchLoader(split, { ...options, preprocess: pre, batchSize: 10 }).batchAt(0, 0);
    expect(batch.images).toEqual(preprocess(split, pre));
  });

  it('gives 0 and 1 for each label of a multi-label task', () => {
    const labels = Int32Array.from({ length: 20 }, (_, index) => Number(index % 3 === 0));
    const two = { kind: 'multi-label, binary-class', labels: ['x', 'y'] } as const;
    const batch = createBatchLoader({ ...split, labels, labelWidth: 2 }, { ...options, task: { ...two, labels: ['x', 'y'] } }).batchAt(0, 1);
    expect([...batch.labels]).toEqual([...labels.subarray(8, 16)]);
  });

  it('has no steps for an empty split', () => {
    expect([...batches({ ...split, count: 0, images: new Uint8Array(0), labels: new Int32Array(0) }, options)]).toEqual([]);
  });

  it.each([
    [{ batchSize: 0 }, 'batchSize'],
    [{ batchSize: 1.5 }, 'batchSize'],
    [{ seed: -1 }, 'seed'],
  ])('refuses %j', (change, field) => {
    expect(() => createBatchLoader(split, { ...options, ...change })).toThrow(expect.objectContaining({ facts: expect.objectContaining({ field }) }));
  });

  it('refuses a step beyond the epoch', () => {
    expect(() => createBatchLoader(split, options).batchAt(0, 3)).toThrow(/step: expected an integer from 0 to 2, got 3/);
    expect(() => createBatchLoader(split, options).batchAt(-1, 0)).toThrow(/epoch/);
  });
});

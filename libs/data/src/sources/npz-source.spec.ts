import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder, workspaceRoot } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { requireSplit } from '../dataset.ts';
import { medmnistArrays, npzFile, twoClasses, uint8 } from '../testing/npz-file.ts';
import { openNpz } from './npz-source.ts';
import { openDataset } from './open-dataset.ts';

const open = async (arrays: Parameters<typeof npzFile>[0], options = {}) => openNpz(await npzFile(arrays), options);

describe('openNpz', () => {
  it('opens grey images with one label, and says that it had to infer the task', async () => {
    const arrays = medmnistArrays(twoClasses);
    const dataset = await open(arrays);
    expect(dataset.task).toMatchObject({ name: 'tiny', kind: 'binary-class', labels: ['0', '1'] });
    expect(dataset.splits.train).toMatchObject({ count: 5, height: 4, width: 4, channels: 1, labelWidth: 1 });
    expect(dataset.splits.train.images).toEqual(arrays['train_images']!.data);
    expect([...dataset.splits.test.labels]).toEqual(twoClasses.test);
    expect(dataset.notices.join()).toMatch(/No description of the task.*binary-class with 2 labels/);
  });

  it('opens colour images of any size', async () => {
    const dataset = await open({
      ...medmnistArrays(twoClasses),
      train_images: uint8([5, 6, 9, 3]),
      val_images: uint8([2, 6, 9, 3]),
      test_images: uint8([3, 6, 9, 3]),
    });
    expect(dataset.splits.val).toMatchObject({ height: 6, width: 9, channels: 3 });
  });

  it('infers a multi-class task from three labels and a multi-label one from several columns', async () => {
    expect((await open(medmnistArrays({ train: [0, 1, 2], val: [0, 1, 2], test: [2, 1, 0] }))).task.kind).toBe('multi-class');
    const labels = (rows: number) => uint8([rows, 3], Array.from({ length: rows * 3 }, (_, index) => index % 2));
    const dataset = await open({ ...medmnistArrays(twoClasses), train_labels: labels(5), val_labels: labels(2), test_labels: labels(3) });
    expect(dataset.task).toMatchObject({ kind: 'multi-label, binary-class', labels: ['0', '1', '2'] });
    expect(dataset.splits.train.labelWidth).toBe(3);
  });

  it('takes labels of any integer type and without a column axis', async () => {
    const dataset = await open({
      ...medmnistArrays(twoClasses),
      train_labels: { descr: '<i8', shape: [5], data: BigInt64Array.from([0n, 1n, 0n, 1n, 1n]) },
    });
    expect([...dataset.splits.train.labels]).toEqual([0, 1, 0, 1, 1]);
  });

  it('reads the task from a JSON file beside it, and lets the caller override single fields', async () => {
    const path = await npzFile(medmnistArrays(twoClasses), 'knee_64.npz');
    const document = { task: { name: 'knee', kind: 'ordinal-regression', labels: ['mild', 'severe'], licence: 'CC0' }, counts: {} };
    await writeFile(path.replace('_64.npz', '.json'), JSON.stringify(document));
    const dataset = await openNpz(path, { task: { licence: 'CC BY 4.0' } });
    expect(dataset.task).toMatchObject({ name: 'knee', kind: 'ordinal-regression', labels: ['mild', 'severe'], licence: 'CC BY 4.0' });
    expect(dataset.notices).toEqual([]);
  });

  it("reads MedMNIST's own table beside it and sees a non-commercial licence in it", async () => {
    const path = await npzFile(medmnistArrays(twoClasses), 'skin.npz');
    const row = { task: 'binary-class', label: { 0: 'benign', 1: 'malign' }, license: 'CC BY-NC 4.0' };
    await writeFile(join(dirname(path), 'index.json'), JSON.stringify({ skin: row }));
    expect((await openNpz(path)).task).toMatchObject({ labels: ['benign', 'malign'], nonCommercial: true });
  });

  it('knows the MedMNIST sets by their file names', async () => {
    const path = await npzFile(medmnistArrays(twoClasses), 'breastmnist_128.npz');
    expect((await openNpz(path)).task).toMatchObject({ name: 'breastmnist', labels: ['malignant', 'normal, benign'] });
  });

  it('compares the kinds literally', async () => {
    const path = await npzFile(medmnistArrays(twoClasses));
    await expect(openNpz(path, { task: { kind: 'binary' as never } })).rejects.toMatchObject({ code: 'invalid_value', facts: { actual: '"binary"' } });
  });

  it('refuses a description that is not JSON', async () => {
    const path = await npzFile(medmnistArrays(twoClasses));
    await writeFile(path.replace('.npz', '.json'), '{ "task": ');
    await expect(openNpz(path)).rejects.toMatchObject({ code: 'file_format', facts: { expected: 'JSON' } });
  });

  it.each([
    ['float images', { train_images: { descr: '<f4', shape: [5, 4, 4], data: new Float32Array(80) } }, 'invalid_value', /train_images.dtype: expected uint8.*<f4/],
    ['float labels', { val_labels: { descr: '<f8', shape: [2, 1], data: new Float64Array(2) } }, 'invalid_value', /val_labels.dtype: expected an integer type/],
    ['two channels', { train_images: uint8([5, 4, 4, 2]) }, 'file_format', /\(N, H, W, 3\).*\(5, 4, 4, 2\)/],
    ['flat images', { train_images: uint8([5, 16]) }, 'file_format', /\(5, 16\)/],
    ['images without pixels', { train_images: uint8([5, 0, 4]) }, 'invalid_value', /at least 1 x 1/],
    ['labels with three axes', { train_labels: uint8([5, 1, 1]) }, 'file_format', /\(N, L\) or \(N\).*\(5, 1, 1\)/],
    ['fewer labels than images', { test_labels: uint8([2, 1]) }, 'count_mismatch', /test: 3 images but 2 rows/],
    ['splits of different sizes', { val_images: uint8([2, 5, 5]) }, 'shape_mismatch', /val_images.*\[4, 4, 1\].*\[5, 5, 1\]/],
  ] as const)('refuses %s', async (_, arrays, code, message) => {
    const error = await open({ ...medmnistArrays(twoClasses), ...(arrays as object) }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toMatch(message);
  });

  it('refuses a label that the task does not have, naming split and row', async () => {
    const path = await npzFile(medmnistArrays({ ...twoClasses, val: [1, 0, 5] }));
    await expect(openNpz(path, { task: { kind: 'binary-class', labels: ['a', 'b'] } })).rejects.toMatchObject({
      code: 'label_range',
      facts: { split: 'val', row: 2, actual: '5', expected: 'a class index from 0 to 1' },
    });
  });

  it('refuses columns that do not belong to the kind', async () => {
    const path = await npzFile(medmnistArrays(twoClasses));
    const task = { kind: 'multi-label, binary-class', labels: ['a', 'b', 'c'] } as const;
    await expect(openNpz(path, { task: { ...task, labels: [...task.labels] } })).rejects.toMatchObject({
      code: 'shape_mismatch',
      facts: { expected: [5, 3], actual: [5, 1] },
    });
  });

  it('names a missing array and those that are there', async () => {
    const { val_labels: _, ...rest } = medmnistArrays(twoClasses);
    await expect(open(rest)).rejects.toMatchObject({ code: 'missing_array', facts: { key: 'val_labels', found: expect.arrayContaining(['val_images']) } });
    expect((await open(rest, { splits: ['test'] })).splits.test.count).toBe(3);
  });

  it('tells which classes a split lacks', async () => {
    const dataset = await open(medmnistArrays({ ...twoClasses, test: [1, 1] }), { task: { labels: ['healthy', 'ill'], kind: 'binary-class' } });
    expect(dataset.notices).toEqual([expect.stringMatching(/test holds no image of healthy: its AUC is skipped/)]);
  });

  it('lets a split be empty until it is needed', async () => {
    const dataset = await open(medmnistArrays({ ...twoClasses, val: [] }));
    expect(requireSplit(dataset, 'train').count).toBe(5);
    expect(() => requireSplit(dataset, 'val')).toThrow(/the val split holds no images/);
  });

  it('gives a digest that follows content and not the file', async () => {
    const arrays = medmnistArrays(twoClasses);
    const [first, second] = [await open(arrays), await open(arrays)];
    expect(first.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(second.digest).toBe(first.digest);
    expect((await open({ ...arrays, val_labels: uint8([2, 1], [0, 1]) })).digest).not.toBe(first.digest);
    expect((await open(arrays, { task: { labels: ['a', 'b'], kind: 'binary-class' } })).digest).not.toBe(first.digest);
  });
});

describe('openDataset', () => {
  it('finds a name in the search folders', async () => {
    const path = await npzFile(medmnistArrays(twoClasses), 'heart.npz');
    const dataset = await openDataset('heart', { searchDirs: ['no-such-folder', dirname(path)] });
    expect(dataset.source).toMatchObject({ format: 'npz', path });
  });

  it('says where it looked and how a known set is fetched', async () => {
    const searchDirs = [temporaryFolder()];
    await expect(openDataset('bloodmnist_64', { searchDirs })).rejects.toMatchObject({
      code: 'dataset_not_found',
      facts: { hint: expect.stringContaining('medlego data download bloodmnist --size 64'), searched: expect.arrayContaining([join(searchDirs[0]!, 'bloodmnist_64.npz')]) },
    });
    await expect(openDataset('nothing', { searchDirs })).rejects.toThrow(/medlego data ls/);
    await expect(openDataset('somewhere/else.npz')).rejects.toMatchObject({ code: 'dataset_not_found' });
  });

  it('refuses other kinds of files', async () => {
    const path = join(temporaryFolder(), 'weights.bin');
    await writeFile(path, 'x');
    await expect(openDataset(path)).rejects.toMatchObject({ code: 'invalid_value', facts: { expected: expect.stringContaining('.npz') } });
  });

  it.each(['pneumoniamnist', 'pbcblood', 'busibreast', 'mednist', 'oaiknee'])('opens the committed sample task %s without a notice', async (name) => {
    const dataset = await openDataset(name, { searchDirs: [join(workspaceRoot(), 'data')] });
    expect(dataset.task.name).toBe(name);
    expect(dataset.task.nonCommercial).toBe(false);
    expect(dataset.task.licence).toMatch(/^CC BY(-SA)? 4\.0$/);
    expect(dataset.splits.test).toMatchObject({ height: 28, width: 28 });
    expect(dataset.notices).toEqual([]);
  });
});

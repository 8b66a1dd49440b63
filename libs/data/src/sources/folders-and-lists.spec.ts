import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { preprocess, preprocessRaster } from '../preprocess/preprocess.ts';
import { parsePreprocessSpec } from '../preprocess/spec.ts';
import { decodeImage } from '../decode/decode-image.ts';
import { dicomFile, greyElements } from '../testing/dicom-file.ts';
import { pattern } from '../testing/npz-file.ts';
import { png, pngFile } from '../testing/png-file.ts';
import { openDataset } from './open-dataset.ts';

/** `{ 'CLASS/NAME.png': value }` as a folder. */
async function folderOf(files: Record<string, number>): Promise<string> {
  const folder = temporaryFolder();
  let mark = 1;
  for (const [name, value] of Object.entries(files)) await pngFile(join(folder, name), value, { mark: mark++ });
  return folder;
}

async function listOf(lines: string[], files: string[] = ['a.png', 'b.png', 'c.png']): Promise<string> {
  const folder = temporaryFolder();
  await Promise.all(files.map((file, mark) => pngFile(join(folder, file), 100, { mark })));
  await writeFile(join(folder, 'labels.csv'), lines.join('\n'));
  return folder;
}

const split = { 'train/cat/1.png': 10, 'train/dog/1.png': 20, 'val/cat/1.png': 30, 'test/dog/1.png': 40, 'test/cat/9.png': 50 };
const many = (classes: string[], each: number) => Object.fromEntries(classes.flatMap((name) => Array.from({ length: each }, (_, index) => [`${name}/${index}.png`, 50])));

describe('image folders', () => {
  it('take splits and classes from the folders, rows in the order of the paths', async () => {
    const dataset = await openDataset(await folderOf(split));
    expect(dataset.task).toMatchObject({ kind: 'binary-class', labels: ['cat', 'dog'] });
    expect(dataset.splits.train).toMatchObject({ count: 2, height: 6, width: 6, channels: 1, labels: Int32Array.of(0, 1) });
    expect([...dataset.splits.test.labels]).toEqual([0, 1]);
    expect(dataset.splits.test.images[1]).toBe(50);
    expect(dataset.source.format).toBe('image-folder');
    expect(dataset.notices).toEqual([expect.stringMatching(/val holds no image of dog/)]);
  });

  it('are split by class with a seed where they name no splits', async () => {
    const folder = await folderOf(many(['a', 'b', 'c'], 10));
    const dataset = await openDataset(folder, { splitSeed: 4 });
    expect(dataset.task.kind).toBe('multi-class');
    expect([dataset.splits.train.count, dataset.splits.val.count, dataset.splits.test.count]).toEqual([21, 3, 6]);
    expect(dataset.notices.join()).toMatch(/names no splits: made with seed 4/);
    expect((await openDataset(folder, { splitSeed: 4 })).digest).toBe(dataset.digest);
    expect((await openDataset(folder, { splitSeed: 5 })).digest).not.toBe(dataset.digest);
    const onlyTest = await openDataset(folder, { splitSeed: 4, splits: ['test'] });
    expect(onlyTest.splits.test).toEqual(dataset.splits.test);
    expect(onlyTest.splits.train.count).toBe(0);
  });

  it('make a validation split from train where only that is missing', async () => {
    const files = { ...many(['train/a', 'train/b'], 10), ...many(['test/a', 'test/b'], 2) };
    const dataset = await openDataset(await folderOf(files));
    expect([dataset.splits.train.count, dataset.splits.val.count, dataset.splits.test.count]).toEqual([18, 2, 4]);
    expect(dataset.notices.join()).toMatch(/no validation split/);
  });

  it('keep copies of one file on one side of the seeded split', async () => {
    const folder = temporaryFolder();
    for (const [name, mark] of ['a', 'b'].flatMap((label) => Array.from({ length: 12 }, (_, index) => [`${label}/${index}.png`, index % 4] as const)))
      await pngFile(join(folder, name), name.startsWith('a') ? 1 : 2, { mark });
    const { splits } = await openDataset(folder);
    const seen = (name: 'train' | 'val' | 'test') => new Set(Array.from({ length: splits[name].count }, (_, row) => splits[name].images.subarray(row * 36, row * 36 + 2).join()));
    for (const [one, other] of [['train', 'val'], ['train', 'test'], ['val', 'test']] as const) expect([...seen(one)].filter((image) => seen(other).has(image))).toEqual([]);
  });

  it('become three channels as soon as one image is coloured', async () => {
    const folder = await folderOf(split);
    await pngFile(join(folder, 'train/dog/2.png'), 77, { colour: true });
    const { train } = (await openDataset(folder)).splits;
    expect(train).toMatchObject({ count: 3, channels: 3 });
    expect([...train.images.subarray(6 * 6 * 3 - 3, 6 * 6 * 3)]).toEqual([10, 10, 10]);
  });

  it('are resized as serving will resize them', async () => {
    const folder = await folderOf(split);
    const wide = await png(pattern(20 * 9), 20, 9);
    await writeFile(join(folder, 'train/cat/0.png'), wide);
    const spec = parsePreprocessSpec({ imgSize: 8 });
    const { train } = (await openDataset(folder, { preprocess: spec })).splits;
    expect(train).toMatchObject({ count: 3, height: 8, width: 8 });
    const first = { ...train, images: train.images.subarray(0, 64), count: 1 };
    expect(preprocess(first, spec)).toEqual(preprocessRaster(await decodeImage(wide), spec));
    await expect(openDataset(folder)).rejects.toMatchObject({ code: 'invalid_value', message: expect.stringMatching(/For|for which backbone/) });
  });

  it('name the images that cannot be read, all of them, and go on without them only if asked', async () => {
    const folder = await folderOf(many(['train/a', 'train/b', 'test/a', 'test/b', 'val/a', 'val/b'], 4));
    for (let index = 0; index < 7; index++) await writeFile(join(folder, `train/a/broken-${index}.png`), 'not a picture');
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'unreadable_images',
      facts: { count: 7, total: 31, first: expect.toSatisfy((list: unknown[]) => list.length === 5) },
      message: expect.stringMatching(/7 of 31 .*broken-0\.png.*--skip-bad/),
    });
    const dataset = await openDataset(folder, { skipBad: true });
    expect(dataset.splits.train.count).toBe(8);
    expect(dataset.source.skipped.map(({ file }) => file)).toHaveLength(7);
    expect(dataset.notices[0]).toMatch(/7 of 31 images could not be read/);
  });

  it('pass over hidden files and files that are no images', async () => {
    const folder = await folderOf(split);
    await writeFile(join(folder, 'train/cat/notes.txt'), 'x');
    await writeFile(join(folder, 'train/cat/.DS_Store'), 'x');
    await writeFile(join(folder, 'readme.md'), 'x');
    expect((await openDataset(folder)).splits.train.count).toBe(2);
  });

  it('take label names and order from task.json, and refuse a folder that is no label', async () => {
    const folder = await folderOf(split);
    await writeFile(join(folder, 'task.json'), JSON.stringify({ name: 'pets', labels: ['dog', 'cat'] }));
    expect([...(await openDataset(folder)).splits.train.labels]).toEqual([1, 0]);
    await pngFile(join(folder, 'train/bird/1.png'), 9);
    await expect(openDataset(folder)).rejects.toMatchObject({ code: 'label_range', facts: { actual: 'bird' } });
  });

  it('need at least two classes', async () => {
    await expect(openDataset(await folderOf({ 'cat/1.png': 1 }))).rejects.toThrow(/at least two classes, got one class, cat/);
    await expect(openDataset(temporaryFolder())).rejects.toThrow(/no class folder/);
  });

  it('stay within the memory that is allowed', async () => {
    await expect(openDataset(await folderOf(split), { limits: { maxBytes: 100 } })).rejects.toMatchObject({ code: 'archive_limit', facts: { allowed: 100, actual: 180 } });
  });
});

describe('lists of images', () => {
  it('give every file a label and a split', async () => {
    const folder = await listOf(['File, Label , split', 'a.png,ill,train', '"b.png",healthy,test', 'c.png,ill,valid', '']);
    const dataset = await openDataset(folder);
    expect(dataset.task).toMatchObject({ kind: 'binary-class', labels: ['healthy', 'ill'] });
    expect([dataset.splits.train.labels[0], dataset.splits.test.labels[0], dataset.splits.val.labels[0]]).toEqual([1, 0, 1]);
    expect(dataset.source).toMatchObject({ format: 'csv', path: join(folder, 'labels.csv') });
  });

  it('order labels that are numbers as numbers', async () => {
    expect((await openDataset(await listOf(['file,label,split', 'a.png,10,train', 'b.png,9,train', 'c.png,2,train']))).task.labels).toEqual(['2', '9', '10']);
  });

  it('hold several labels per image, or none', async () => {
    const { task, splits } = await openDataset(await listOf(['file,labels,split', 'a.png,mass|nodule,train', 'b.png,,train', 'c.png,nodule,train']));
    expect(task).toMatchObject({ kind: 'multi-label, binary-class', labels: ['mass', 'nodule'] });
    expect([...splits.train.labels]).toEqual([1, 1, 0, 0, 0, 1]);
  });

  it('keep the images of a patient together', async () => {
    const files = Array.from({ length: 30 }, (_, index) => `${index}.png`);
    const dataset = await openDataset(await listOf(['file,label,group', ...files.map((file, index) => `${file},${index % 2 ? 'x' : 'y'},p${Math.floor(index / 6)}`)], files));
    for (const { count } of Object.values(dataset.splits)) expect(count % 6).toBe(0);
  });

  it('may be of DICOM files', async () => {
    const folder = await listOf(['file,label,split', 'one.dcm,ill,train', 'two.dcm,healthy,train'], []);
    for (const [name, value] of [['one.dcm', 10], ['two.dcm', 200]] as const) await writeFile(join(folder, name), dicomFile(greyElements(3, 3, new Uint8Array(9).fill(value))));
    const { train } = (await openDataset(folder)).splits;
    expect(train).toMatchObject({ count: 2, height: 3, channels: 1 });
    expect([train.images[0], train.images[9]]).toEqual([10, 200]);
    await writeFile(join(folder, 'one.dcm'), dicomFile(greyElements(3, 3, new Uint8Array(9)), '1.2.840.10008.1.2.4.100'));
    await expect(openDataset(folder)).rejects.toThrow(/1 of 2 images.*1\.2\.840\.10008\.1\.2\.4\.100/);
  });

  it('may name files elsewhere, and name those that are missing', async () => {
    const folder = await listOf(['file,label,split', 'deep/x.png,a,train', 'b.png,b,train', 'gone.png,b,train']);
    await mkdir(join(folder, 'deep'));
    await pngFile(join(folder, 'deep/x.png'), 5);
    await expect(openDataset(folder)).rejects.toThrow(/1 of 3 images cannot be read: .*gone\.png \(image is not there/);
  });

  it.each([
    [['file,label', 'a.png,x', 'b.png'], 'file_format', /CSV with a header line/],
    [['picture,label', 'a.png,x'], 'file_format', /a column file, got columns picture, label/],
    [['file,kind', 'a.png,x'], 'file_format', /a column label/],
    [[''], 'file_format', /no rows/],
    [['file,label,split', 'a.png,x,train', 'b.png,y,holdout'], 'invalid_value', /row 3, split: expected train, val or test, got holdout/],
    [['file,label,split', 'a.png,x,train', 'b.png,y,'], 'invalid_value', /row 3, split: expected train, val or test in every row/],
    [['file,label', ',x', 'b.png,y'], 'invalid_value', /row 2, file: expected a path/],
    [['file,label', 'a.png,', 'b.png,y'], 'invalid_value', /labels/],
  ])('refuse %j', async (lines, code, message) => {
    const error = await openDataset(await listOf(lines)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toMatch(message);
  });

  it('refuse a label that the task does not have, with its line', async () => {
    const folder = await listOf(['file,label', 'a.png,x', 'b.png,z']);
    await expect(openDataset(folder, { task: { labels: ['x', 'y'] } })).rejects.toMatchObject({ code: 'label_range', facts: { row: 3, actual: 'z' } });
  });
});

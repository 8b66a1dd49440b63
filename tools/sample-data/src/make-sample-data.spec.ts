import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeImage, openDataset, requireSplit } from '@medlego/data';
import { sharedFolder, temporaryFolder, workspaceRoot } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { makeSampleData } from './make-sample-data.ts';
import { sampleRecipes } from './recipes.ts';

const data = join(workspaceRoot(), 'data');
const shared = sharedFolder('data');

describe('the committed sample tasks', () => {
  it('stay under 15 MB together', async () => {
    const sizes = await Promise.all(
      sampleRecipes.map(async ({ file }) => (await stat(join(data, `${file}.npz`))).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(15e6);
  });

  it('are only of sets that may be passed on and used commercially', () => {
    for (const { task } of sampleRecipes) expect(task.licence).toMatch(/^CC BY(-SA)? 4\.0$/);
  });

  it.each(sampleRecipes)('hold what the description of $file says', async ({ file, rows, task }) => {
    const description = JSON.parse(await readFile(join(data, `${file}.json`), 'utf8')) as Record<string, never>;
    const bytes = await readFile(join(data, `${file}.npz`));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(description['sha256']);
    const dataset = await openDataset(join(data, `${file}.npz`));
    expect(dataset.task).toMatchObject(task);
    for (const split of ['train', 'val', 'test'] as const) {
      expect(dataset.splits[split].count).toBe(rows[split]);
      expect((description['counts'] as Record<string, { images: number }>)[split]!.images).toBe(rows[split]);
    }
  });

  it.each(sampleRecipes)('come with single images of $file that are rows of its test split', async ({ file }) => {
    const { images, labels } = requireSplit(await openDataset(join(data, `${file}.npz`)), 'test');
    const folder = join(data, 'samples', file);
    const names = await readdir(folder);
    expect(names).toHaveLength(2);
    for (const name of names) {
      const row = Number(/-test(\d+)\.png$/.exec(name)![1]);
      const raster = await decodeImage(await readFile(join(folder, name)));
      expect(raster.data).toEqual(images.slice(row * raster.data.length, (row + 1) * raster.data.length));
      expect(labels[row]).toBeDefined();
    }
  });
});

describe('makeSampleData', () => {
  it.skipIf(!shared)('makes the committed files again', async () => {
    const out = temporaryFolder();
    const made = await makeSampleData(shared!, out);
    for (const { recipe } of made) {
      const [again, committed] = await Promise.all(
        [out, data].map(async (folder) => openDataset(join(folder, `${recipe.file}.npz`))),
      );
      expect(again!.digest).toBe(committed!.digest);
    }
  });

  it('says which source file is missing', async () => {
    await expect(makeSampleData(temporaryFolder(), temporaryFolder())).rejects.toMatchObject({
      code: 'file_not_found',
    });
  });
});

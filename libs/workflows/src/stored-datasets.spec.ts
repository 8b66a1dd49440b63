import { openArtifactStore } from '@medlego/artifacts';
import { createDataset, emptySplit, splitNames } from '@medlego/data';
import { openEngine } from '@medlego/engine';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { keepBackbone } from './backbones.ts';
import { describeDataset } from './datasets.ts';
import { findStoredDataset, openStoredDataset, storeDataset } from './stored-datasets.ts';
import { tinyBackbone, tinyData, tinyTask } from './testing/index.ts';
import { trainTask } from './train-task.ts';

describe('a stored data set', () => {
  it('comes back as it was, whatever folder it came from', async () => {
    const store = await openArtifactStore({ root: temporaryFolder() });
    const dataset = tinyData('blood');
    const stored = await storeDataset(store, dataset);
    expect(stored).toMatchObject({ name: 'blood', version: 1 });
    const opened = await openStoredDataset(store, 'blood');
    expect(opened.digest).toBe(dataset.digest);
    expect(opened.task).toEqual(dataset.task);
    expect(opened.notices).toEqual(dataset.notices);
    for (const name of splitNames) expect(opened.splits[name]).toEqual(dataset.splits[name]);

    const elsewhere = {
      ...dataset,
      source: { ...dataset.source, path: '/home/someone/patient-7', format: 'csv' as const },
    };
    expect(await storeDataset(store, elsewhere)).toEqual(stored);
    expect(JSON.stringify(await store.get('blood', { kind: 'dataset' }))).not.toContain('patient-7');
  });

  it('may lack a split, have colours and several labels per image', async () => {
    const store = await openArtifactStore({ root: temporaryFolder() });
    const task = { ...tinyTask('chest'), kind: 'multi-label, binary-class' as const };
    const train = {
      images: Uint8Array.from({ length: 2 * 2 * 3 * 3 }, (_, i) => i),
      count: 2,
      height: 2,
      width: 3,
      channels: 3 as const,
      labels: Int32Array.of(0, 1, 1, 1, 0, 0),
      labelWidth: 3,
    };
    const source = { format: 'memory' as const, path: 'chest', skipped: [] };
    const dataset = createDataset({ task, splits: { train, test: emptySplit(3) }, source });
    const { digest } = await storeDataset(store, dataset, { name: 'chest-small' });
    const opened = await openStoredDataset(store, digest);
    expect(opened.digest).toBe(dataset.digest);
    expect(opened.splits.train).toEqual(train);
    expect(opened.splits.test.count).toBe(0);
  });

  it('is found by its task, the newest one, and not the description of one without images', async () => {
    let clock = 0;
    const store = await openArtifactStore({ root: temporaryFolder(), now: () => ++clock * 1000 });
    await describeDataset(store, tinyData('blood'));
    expect(await findStoredDataset(store, 'blood')).toBeUndefined();
    await storeDataset(store, tinyData('blood'), { name: 'first' });
    const data = tinyData('blood');
    const { splits } = data;
    const changed = createDataset({ ...data, splits: { ...splits, val: splits.test } });
    const { digest } = await storeDataset(store, changed, { name: 'second' });
    await storeDataset(store, tinyData('knee'));
    expect((await findStoredDataset(store, 'blood'))?.digest).toBe(digest);
    const description = await describeDataset(store, tinyData('blood'));
    await expect(openStoredDataset(store, description.digest)).rejects.toMatchObject({
      code: 'invalid_value',
      facts: { expected: 'one that is stored with its images' },
    });
  });

  it('trains to the same specialist as its source', { timeout: 60_000 }, async () => {
    const engine = await openEngine({ engine: 'onnx', intraOpThreads: 1 });
    const backbone = tinyBackbone();
    const train = async (stored: boolean) => {
      const store = await openArtifactStore({ root: temporaryFolder() });
      await keepBackbone(store, backbone);
      if (stored) await storeDataset(store, tinyData('blood'));
      const dataset = stored ? await openStoredDataset(store, 'blood') : tinyData('blood');
      const { artifact } = await trainTask({
        engine,
        store,
        backbone,
        dataset,
        name: 'blood',
        settings: { epochs: 1 },
      });
      return store.lineage(artifact.digest);
    };
    try {
      const textOf = (tree: object) => JSON.stringify(tree);
      const [direct, stored] = [await train(false), await train(true)];
      expect(stored.digest).toBe(direct.digest);
      expect(textOf(stored.parents)).toBe(textOf(direct.parents));
    } finally {
      await engine.dispose();
    }
  });
});

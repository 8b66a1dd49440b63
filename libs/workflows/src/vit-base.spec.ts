import { join } from 'node:path';
import { openArtifactStore } from '@medlego/artifacts';
import { createDataset, openDataset, parsePreprocessSpec, selectRows } from '@medlego/data';
import { openEngine } from '@medlego/engine';
import { temporaryFolder, workspaceRoot } from '@medlego/testing';
import { initParams, presetConfig } from '@medlego/vit';
import { describe, expect, it } from 'vitest';
import { mergeSpecialists, openBackbone, predictImages, storeBackbone, trainTask } from './index.ts';

const preprocess = parsePreprocessSpec({ imgSize: 224 });

/** A few rows of a sample task. */
async function fewImages(name: string) {
  const whole = await openDataset(name, { searchDirs: [join(workspaceRoot(), 'data')] });
  const first = (split: 'train' | 'val', rows: number) =>
    selectRows(
      whole.splits[split],
      Array.from({ length: rows }, (_, i) => i),
    );
  return createDataset({
    task: whole.task,
    source: whole.source,
    splits: { train: first('train', 8), val: first('val', 4) },
  });
}

describe("the paper's size, ViT-B/16 at 224 pixels", () => {
  it('is trained for some steps, merged, saved, loaded and asked', { timeout: 600_000 }, async () => {
    const store = await openArtifactStore({ root: temporaryFolder() });
    const config = presetConfig('vit_base_patch16_224');
    await storeBackbone(store, {
      name: 'vit-b16',
      config,
      params: initParams(config, 0),
      preprocess,
      origin: 'random weights, seed 0',
    });
    const backbone = await openBackbone(store, 'vit-b16');
    const engine = await openEngine();
    try {
      for (const task of ['busibreast', 'pneumoniamnist']) {
        const settings = { epochs: 1, batchSize: 4, microBatchSize: 2, headInit: 'random' } as const;
        const { trained } = await trainTask({
          engine,
          store,
          backbone,
          dataset: await fewImages(task),
          settings,
          name: task,
          evaluationBatchSize: 4,
        });
        expect(trained.updates).toBe(2);
      }
      const { artifact, report } = await mergeSpecialists({
        store,
        backbone,
        recipe: { method: 'med-lego' },
        members: [{ ref: 'busibreast' }, { ref: 'pneumoniamnist' }],
        name: 'generalist',
      });
      expect(report.modules).toHaveLength(24);
      const image = join(workspaceRoot(), 'data/samples/busibreast/malignant-test2.png');
      const answers = await predictImages({ engine, store, backbone, artifact, files: [image] });
      expect(answers.map(({ task }) => task)).toEqual(['busibreast', 'pneumoniamnist']);
      for (const { probabilities } of answers)
        expect(Object.values(probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    } finally {
      await engine.dispose();
    }
  });
});

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openArtifactStore, type ArtifactStore } from '@medlego/artifacts';
import { createDataset, openDataset, selectRows, type Dataset } from '@medlego/data';
import { openEngine, type Engine } from '@medlego/engine';
import { UnsupportedAdapterError } from '@medlego/errors';
import { temporaryFolder, workspaceRoot } from '@medlego/testing';
import { digestTensors } from '@medlego/tensors';
import type { TrainingSettingsInput } from '@medlego/training';
import { featureDim, isResnet } from '@medlego/vit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  evaluateArtifact,
  exportArtifact,
  importPath,
  mergeSpecialists,
  openBackbone,
  predictImages,
  trainTask,
} from './index.ts';

const towers = join(workspaceRoot(), 'libs/vit/tests/open-clip');
let engine: Engine;
let store: ArtifactStore;
let folder: string;

beforeAll(async () => {
  engine = await openEngine({ intraOpThreads: 1 });
});
afterAll(() => engine.dispose());

beforeEach(async () => {
  folder = temporaryFolder();
  store = await openArtifactStore({ root: join(folder, 'store') });
  await importPath({ store, path: join(towers, 'vit'), name: 'vit', tower: { projection: true } });
  await importPath({ store, path: join(towers, 'resnet'), name: 'resnet' });
});

/** A few rows of a sample task. */
async function fewImages(name: string): Promise<Dataset> {
  const whole = await openDataset(name, { searchDirs: [join(workspaceRoot(), 'data')] });
  const first = (split: 'train' | 'val' | 'test', rows: number) =>
    selectRows(
      whole.splits[split]!,
      Array.from({ length: rows }, (_, i) => i),
    );
  const splits = { train: first('train', 12), val: first('val', 8), test: first('test', 8) };
  return createDataset({ task: whole.task, source: whole.source, splits });
}

const train = async (backbone: string, task: string, kind: 'svd-lora' | 'lora' | 'full' | 'head-only', name: string) =>
  trainTask({
    engine,
    store,
    backbone: await openBackbone(store, backbone),
    dataset: await fewImages(task),
    settings: { epochs: 1, batchSize: 6, headInit: 'random', adapter: { kind, rank: 2 } },
    name,
    evaluationBatchSize: 8,
  });

describe.each(['vit', 'resnet'])('the tower of a CLIP, %s', (name) => {
  it('is trained in every way, merged, evaluated, asked and exported', { timeout: 300_000 }, async () => {
    const backbone = await openBackbone(store, name);
    expect(featureDim(backbone.config)).toBe(12);
    for (const kind of ['full', 'head-only', 'lora'] as const) {
      const { trained } = await train(name, 'busibreast', kind, `${name}-${kind}`);
      expect(trained.updates).toBe(2);
      if (kind !== 'full') continue;
      const moved = Object.entries(trained.adapter.tensors).filter(
        ([param, tensor]) => digestTensors({ tensor }) !== digestTensors({ tensor: backbone.params[param]! }),
      );
      expect(moved.length).toBeGreaterThan(10);
      expect(moved.filter(([param]) => param.includes('running_'))).toEqual([]);
    }
    for (const task of ['busibreast', 'pneumoniamnist']) await train(name, task, 'svd-lora', `${name}-${task}`);
    const merged = await mergeSpecialists({
      store,
      backbone,
      recipe: { method: 'med-lego' },
      members: [{ ref: `${name}-busibreast` }, { ref: `${name}-pneumoniamnist` }],
      name: `${name}-generalist`,
    });
    const evaluated = await evaluateArtifact({
      engine,
      store,
      backbone,
      ref: `${name}-generalist`,
      split: 'test',
      against: ['specialist', 'probe'],
      dataFor: (task) => fewImages(task.name),
    });
    expect(evaluated.tasks).toHaveLength(2);

    const image = join(workspaceRoot(), 'docs/images/report.png'); // any image will do
    const answers = await predictImages({ engine, store, backbone, artifact: merged.artifact, files: [image] });
    expect(answers.map(({ task }) => task).sort()).toEqual(['busibreast', 'pneumoniamnist']);

    const exported = async (format: 'onnx' | 'open_clip', path: string) =>
      exportArtifact({
        store,
        backbone,
        artifact: merged.artifact,
        format,
        path: join(folder, path),
        task: 'busibreast',
      });
    const [onnx] = (await exported('onnx', `${name}.onnx`)).files;
    expect((await stat(onnx!)).size).toBeGreaterThan(10_000);
    // Read back, the folded tower is another backbone of the same kind.
    await exported('open_clip', `${name}-clip`);
    const again = await importPath({
      store,
      path: join(folder, `${name}-clip`),
      name: `${name}-again`,
      tower: { projection: true },
    });
    expect(again.artifact.manifest.backbone).not.toBe(backbone.digest);
    expect((await openBackbone(store, `${name}-again`)).config).toEqual(backbone.config);
  });
});

it('a ResNet refuses adapters of modules that it has not, and names those that it has', async () => {
  const backbone = await openBackbone(store, 'resnet');
  expect(isResnet(backbone.config)).toBe(true);
  const settings = {
    epochs: 1,
    adapter: { kind: 'lora' as const, targetModules: ['fc1' as const] },
  } satisfies TrainingSettingsInput;
  const run = trainTask({ engine, store, backbone, dataset: await fewImages('busibreast'), settings, name: 'x' });
  await expect(run).rejects.toThrow(UnsupportedAdapterError);
});

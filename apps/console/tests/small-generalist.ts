import { join } from 'node:path';
import { openArtifactStore, type ArtifactStore, type StoredArtifact } from '@medlego/artifacts';
import { createDataset, openDataset, requireSplit, selectRows, type Dataset } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import { workspaceRoot } from '@medlego/testing';
import { evaluateArtifact, keepEvaluation, mergeSpecialists, openBackbone, trainTask } from '@medlego/workflows';

export const modelFolders: readonly string[] = [join(workspaceRoot(), 'models')];

const tasks = ['busibreast', 'pneumoniamnist'] as const;

/** A few rows of a sample task: enough to train, merge and measure on in seconds. */
async function smallData(name: string): Promise<Dataset> {
  const { task, splits } = await openDataset(join(workspaceRoot(), 'data', `${name}.npz`));
  const rows = (split: 'train' | 'val' | 'test', count: number) => {
    const whole = requireSplit({ task, splits } as Dataset, split);
    const step = Math.max(1, Math.floor(whole.count / count));
    return selectRows(
      whole,
      Array.from({ length: Math.min(count, whole.count) }, (_, index) => index * step),
    );
  };
  return createDataset({
    task,
    splits: { train: rows('train', 48), val: rows('val', 24), test: rows('test', 40) },
    source: { format: 'memory', path: name, skipped: [] },
  });
}

/** Stores two trained specialists, `screening` merged of them, and its evaluation. */
export async function storeSmallGeneralist(root: string, engine: Engine): Promise<ArtifactStore> {
  const store = await openArtifactStore({ root });
  const backbone = await openBackbone(store, 'vit-nano', modelFolders);
  const data = new Map<string, Dataset>();
  for (const name of tasks) {
    const dataset = await smallData(name);
    data.set(name, dataset);
    await trainTask({ engine, store, backbone, dataset, name, settings: { epochs: 1, batchSize: 16 } });
  }
  const artifact = await mergeSmall(store, [1, 1]);
  const measured = await evaluateArtifact({
    engine,
    store,
    backbone,
    ref: artifact.digest,
    split: 'test',
    against: ['specialist', 'probe'],
    dataFor: (task) => Promise.resolve(data.get(task.name)!),
  });
  await keepEvaluation(store, artifact, {
    artifact: artifact.digest,
    split: measured.split,
    tasks: measured.tasks.map(({ task, rows }) => ({
      task: task.name,
      ...rows.generalist,
      against: { specialist: rows.specialist, probe: rows.probe },
    })),
    gainKept: measured.gainKept,
  });
  return store;
}

/** Merges both specialists, with a weight each, into a version of `screening`. */
export async function mergeSmall(store: ArtifactStore, weights: readonly [number, number]): Promise<StoredArtifact> {
  const { artifact } = await mergeSpecialists({
    store,
    backbone: await openBackbone(store, 'vit-nano', modelFolders),
    members: tasks.map((ref, index) => ({ ref, weight: weights[index] })),
    recipe: { method: 'med-lego', params: {} },
    name: 'screening',
  });
  return artifact;
}

import { join } from 'node:path';
import { openArtifactStore, type ArtifactStore } from '@medlego/artifacts';
import { openEngine, type Engine } from '@medlego/engine';
import { temporaryFolder } from '@medlego/testing';
import { readNamedSettings } from '@medlego/training';
import { mergeSpecialists, storeBackbone, storeDataset, trainTask } from '@medlego/workflows';
import { tinyBackbone, tinyData } from '@medlego/workflows/testing';
import { onTestFinished } from 'vitest';

export const tinyTasks = ['blood', 'breast'] as const;

/** The backbone `tiny` and the data sets of `tinyTasks`. */
export async function storeInputs(store: ArtifactStore): Promise<void> {
  await storeBackbone(store, { ...tinyBackbone(), origin: 'random numbers' });
  for (const task of tinyTasks) await storeDataset(store, tinyData(task));
}

const settingsOf = (epochs: number) => ({ epochs: String(epochs), batch: '8', lr: '1e-3' });

/** What a training is submitted with. */
export const trainingOf = (dataset: string, seed: number, epochs: number, name = dataset) => ({
  ...{ dataset, backbone: 'tiny', seed, name },
  settings: settingsOf(epochs),
});

/** What the same work gives where nothing disturbs it: in this process, in a store of its own. */
export interface Undisturbed {
  train(dataset: string, seed: number, epochs: number): Promise<string>;
  merge(members: readonly string[], threshold: number): Promise<string>;
}

export async function openUndisturbed(): Promise<Undisturbed> {
  const store = await openArtifactStore({ root: join(temporaryFolder(), 'undisturbed') });
  await storeInputs(store);
  const backbone = tinyBackbone();
  const engine: Engine = await openEngine({ engine: 'onnx', device: 'cpu', intraOpThreads: 1 });
  onTestFinished(() => engine.dispose());
  return {
    async train(task, seed, epochs) {
      const named = readNamedSettings(settingsOf(epochs), { task, seed });
      const dataset = tinyData(task);
      return (await trainTask({ ...named, engine, store, backbone, dataset, name: `${task}-${seed}` })).artifact.digest;
    },
    async merge(members, threshold) {
      const recipe = { method: 'med-lego', params: { threshold } };
      const refs = members.map((ref) => ({ ref }));
      return (await mergeSpecialists({ store, backbone, name: 'g', recipe, members: refs })).artifact.digest;
    },
  };
}

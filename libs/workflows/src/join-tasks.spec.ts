import { openArtifactStore, type ArtifactStore } from '@medlego/artifacts';
import { createDataset, type Dataset, type Split } from '@medlego/data';
import { openEngine, type Engine } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import { updateNorm } from '@medlego/linalg';
import { parseTask, type TaskInput } from '@medlego/tasks';
import { temporaryFolder } from '@medlego/testing';
import { adapterUpdates, RandomStream } from '@medlego/vit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAdapterFiles } from './adapter-files.ts';
import { storeBackbone } from './backbones.ts';
import { evaluateArtifact } from './evaluate-artifact.ts';
import { readStatistics } from './generalist/read-statistics.ts';
import { joinTasks } from './join-tasks.ts';
import { mergeSpecialists } from './merge-specialists.ts';
import { tinyBackbone } from './testing/tiny-members.ts';
import { readOwnUpdate, trainTask } from './train-task.ts';

const backbone = tinyBackbone();
const settings = { epochs: 1, batchSize: 16, learningRate: 0.01, selectBy: 'last', headInit: 'random' } as const;

function noiseDataset(task: TaskInput, seed: number): Dataset {
  const parsed = parseTask(task);
  const split = (count: number, name: string): Split => ({
    images: Uint8Array.from(new RandomStream(seed, name).uniforms(count * 64, 127), (value) => 128 + value),
    count,
    height: 8,
    width: 8,
    channels: 1,
    labels: Int32Array.from({ length: count }, (_, row) => row % parsed.labels.length),
    labelWidth: 1,
  });
  return createDataset({
    task: parsed,
    splits: { train: split(40, 'train'), val: split(20, 'val'), test: split(20, 'test') },
    source: { format: 'memory', path: parsed.name, skipped: [] },
  });
}

const heart = noiseDataset({ name: 'heart', kind: 'binary-class', labels: ['no', 'yes'], licence: 'CC BY 4.0' }, 1);
const lung = noiseDataset(
  { name: 'lung', kind: 'multi-class', labels: ['a', 'b', 'c'], licence: 'CC BY-NC 4.0', nonCommercial: true },
  2,
);

let engine: Engine;
let store: ArtifactStore;
beforeAll(async () => {
  engine = await openEngine({ intraOpThreads: 1 });
});
afterAll(() => engine.dispose());
beforeEach(async () => {
  store = await openArtifactStore({ root: temporaryFolder() });
  await storeBackbone(store, { ...backbone, origin: 'random weights' });
});

const shared = () => ({ engine, store, backbone, settings });

describe('joint training as a workflow', () => {
  it.each(['svd-lora', 'full'] as const)('stores a generalist (%s) that evaluates beside its probes', async (kind) => {
    const join = (name: string, datasets: readonly Dataset[]) =>
      joinTasks({ ...shared(), settings: { ...settings, adapter: { kind } }, datasets, name });
    const { artifact } = await join('both', [lung, heart]);
    const { manifest } = artifact;
    expect(manifest).toMatchObject({
      kind: 'generalist',
      config: { recipe: { method: 'joint' }, datasets: { heart: { digest: heart.digest } } },
      licences: ['CC BY 4.0', 'CC BY-NC 4.0'],
      nonCommercial: true,
    });
    expect(manifest.tasks.map(({ name }) => name)).toEqual(['heart', 'lung']);
    expect(Object.keys(manifest.files)).toEqual(
      expect.arrayContaining(['heads/heart.safetensors', 'heads/lung.safetensors', 'probes/lung.safetensors']),
    );
    expect(manifest.parents.map(({ role }) => role)).toEqual(['backbone', 'dataset', 'dataset']);
    expect((await join('again', [heart, lung])).artifact.digest).toBe(artifact.digest);

    const result = await evaluateArtifact({
      engine,
      store,
      backbone,
      ref: 'both',
      split: 'test',
      against: ['specialist', 'unadapted', 'probe', 'majority'],
      dataFor: async ({ name }) => (name === 'heart' ? heart : lung),
    });
    for (const { task, rows } of result.tasks) {
      expect(Object.keys(rows)).toEqual(['generalist', 'unadapted', 'probe', 'majority']);
      const { tasks } = manifest.metrics as unknown as { tasks: Record<string, { test: { acc: number } }> };
      expect(rows.generalist!.metrics.acc).toBeCloseTo(tasks[task.name]!.test.acc, 6);
    }
  });
});

describe('statistics beside a specialist', () => {
  it('are flagged as derived from patient data and read for every module that a merge asks for', async () => {
    const { artifact } = await trainTask({
      ...shared(),
      dataset: heart,
      name: 'heart',
      statistics: { kinds: ['gram', 'fisher'], statisticsImages: 10 },
    });
    expect(artifact.manifest.config).toMatchObject({
      statistics: { derivedFromPatientData: true, kinds: ['fisher', 'gram'], images: 10, tokens: 50 },
    });
    const read = await readStatistics(store, artifact, ['gram', 'fisher']);
    for (const module of ['blocks.0.attn.q', 'blocks.1.attn.v']) {
      expect(read?.gram?.[module]).toMatchObject({ rows: 16, cols: 16 });
      expect(read?.fisher?.[module]).toMatchObject({ rows: 16, cols: 16 });
    }
    expect(await readStatistics(store, artifact, ['gram'])).not.toHaveProperty('fisher');
  });

  it('serve RegMean and Fisher averaging', async () => {
    for (const dataset of [heart, lung])
      await trainTask({
        ...shared(),
        dataset,
        name: dataset.task.name,
        statistics: { kinds: ['gram', 'fisher'], statisticsImages: 8 },
      });
    const members = [{ ref: 'heart' }, { ref: 'lung' }];
    for (const method of ['regmean', 'fisher'])
      expect(
        Object.keys((await mergeSpecialists({ store, backbone, members, recipe: { method }, name: method })).updates),
        method,
      ).toHaveLength(4);
  });

  it('are refused where there is nothing to collect', async () => {
    const run = (statistics: Parameters<typeof trainTask>[0]['statistics'], kind: 'head-only' | 'svd-lora') =>
      trainTask({ ...shared(), settings: { ...settings, adapter: { kind } }, dataset: heart, name: 'x', statistics });
    await expect(run({ kinds: ['gram'] }, 'head-only')).rejects.toThrow(/adapted modules/);
    await expect(run({ kinds: ['gram'], statisticsImages: 0 }, 'svd-lora')).rejects.toThrow(/statisticsImages/);
  });
});

describe('training beside and on top of published artifacts', () => {
  it('records base and neighbours as parents with their licences, and keeps the own update apart', async () => {
    const first = await trainTask({ ...shared(), dataset: lung, name: 'lung' });
    await mergeSpecialists({
      store,
      backbone,
      members: [{ ref: 'lung' }],
      recipe: { method: 'average' },
      name: 'base',
    });
    const { artifact, trained } = await trainTask({
      ...shared(),
      settings: { ...settings, neighbours: { kind: 'adapters' } },
      dataset: heart,
      name: 'heart',
      onto: 'base',
      neighbours: ['lung'],
    });
    const roles = artifact.manifest.parents.map(({ role }) => role);
    expect(roles).toEqual(['backbone', 'dataset', 'base', 'neighbour']);
    expect(artifact.manifest).toMatchObject({ nonCommercial: true, config: { neighbours: [first.artifact.digest] } });
    const own = (await readOwnUpdate(store, artifact))!;
    expect(own.tensors).toEqual(trained.ownAdapter.tensors);
    const total = (await readAdapterFiles(store, artifact, backbone.config))!;
    const rankOf = ({ spec, tensors }: typeof own) =>
      Object.values(adapterUpdates(spec, tensors)).map(({ rank }) => rank);
    rankOf(total).forEach((rank, i) => expect(rank).toBeGreaterThan(rankOf(own)[i]!));
    expect(updateNorm(Object.values(adapterUpdates(own.spec, own.tensors))[0]!)).toBeGreaterThan(0);
    expect(await readOwnUpdate(store, first.artifact)).toBeNull();
  });

  it('refuses a full model as base or neighbour', async () => {
    await trainTask({ ...shared(), settings: { ...settings, adapter: { kind: 'full' } }, dataset: lung, name: 'lung' });
    await expect(trainTask({ ...shared(), dataset: heart, name: 'heart', onto: 'lung' })).rejects.toBeInstanceOf(
      InvalidValueError,
    );
  });
});

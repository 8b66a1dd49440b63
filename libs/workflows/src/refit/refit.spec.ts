import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { openEngine, type Engine } from '@medlego/engine';
import { FileNotFoundError, InvalidValueError, ShapeMismatchError } from '@medlego/errors';
import { digestTensors, writeSafetensors, type NamedTensors } from '@medlego/tensors';
import { expectClose, temporaryFolder } from '@medlego/testing';
import { splitImages } from '@medlego/training';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readHead } from '../adapter-files.ts';
import { createCandidateScorer } from '../candidates/candidate-scorer.ts';
import { evaluateArtifact } from '../evaluate-artifact.ts';
import { mergeSpecialists, type MergedSpecialists } from '../merge-specialists.ts';
import { tinyBackbone, tinyHead } from '../testing/tiny-members.ts';
import { storeTinySpecialists, tinyData } from '../testing/tiny-store.ts';
import { readHeadFile, writeHeadFile } from './head-file.ts';
import { refitGeneralist } from './refit-generalist.ts';
import { refitHeads } from './refit-heads.ts';
import { refittedHeads, replaceHeads } from './replace-heads.ts';

const backbone = tinyBackbone();
let engine: Engine;
let store: ArtifactStore;
let merged: MergedSpecialists;
beforeAll(async () => {
  engine = await openEngine({ intraOpThreads: 1 });
});
afterAll(() => engine.dispose());
beforeEach(async () => {
  store = await storeTinySpecialists(temporaryFolder(), ['blood', 'breast']);
  const members = [{ ref: 'blood' }, { ref: 'breast' }];
  merged = await mergeSpecialists({ store, backbone, members, recipe: { method: 'average' }, name: 'merged' });
});
const refit = (tasks?: string[], generalist: StoredArtifact = merged.artifact) =>
  refitGeneralist({
    engine,
    store,
    backbone,
    generalist,
    dataFor: async ({ name }) => tinyData(name),
    ...(tasks && { tasks }),
  });

describe('re-fitting heads', () => {
  it('makes a new version with other heads, the same merged adapter and a note of what was used', async () => {
    const heads = await refit(['blood']);
    const after = await replaceHeads({ store, backbone, generalist: merged.artifact, heads, name: 'refitted' });
    expect(refittedHeads(after)).toEqual({ blood: { l2: heads['blood']!.l2, images: 36 } });
    expect(refittedHeads(merged.artifact)).toEqual({});
    const file = (artifact: StoredArtifact, path: string) => artifact.manifest.files[path]!.digest;
    expect(file(after, 'adapter_model.safetensors')).toBe(file(merged.artifact, 'adapter_model.safetensors'));
    expect(file(after, 'heads/breast.safetensors')).toBe(file(merged.artifact, 'heads/breast.safetensors'));
    expect(digestTensors(await readHead(store, after, 'blood'))).toBe(digestTensors(heads['blood']!.head));
  });

  it('is marked in an evaluation, and serves the task better than a head of another backbone', async () => {
    const evaluate = (ref: string) =>
      evaluateArtifact({
        engine,
        store,
        backbone,
        ref,
        split: 'test',
        against: [],
        dataFor: async ({ name }) => tinyData(name),
      });
    await replaceHeads({ store, backbone, generalist: merged.artifact, heads: await refit(), name: 'refitted' });
    const [before, after] = [await evaluate('merged'), await evaluate('refitted')];
    expect(before.headsRefitted).toEqual([]);
    expect(after.headsRefitted).toEqual(['blood', 'breast']);
    after.tasks.forEach(({ rows }, i) =>
      expect(rows.generalist!.metrics.log_loss).toBeLessThan(before.tasks[i]!.rows.generalist!.metrics.log_loss!),
    );
  });

  it('gives the same heads from a scorer in memory as from the store', async () => {
    const data = tinyData('blood');
    const scorer = createCandidateScorer({
      engine,
      backbone,
      tasks: (['train', 'val'] as const).map((split) => ({
        name: split,
        kind: data.task.kind,
        images: splitImages(data.splits[split], backbone.preprocess),
      })),
    });
    const inMemory = await refitHeads({
      tasks: [{ name: 'blood', task: data.task, train: data.splits.train, val: data.splits.val }],
      featuresOf: (_, split) => scorer.features(split, merged.updates),
    });
    const stored = await refit(['blood']);
    expect(inMemory['blood']!.l2).toBe(stored['blood']!.l2);
    const scoresWith = async (head: NamedTensors) =>
      (await scorer.scores(merged.updates, { tasks: ['val'], heads: { val: head } }))['val']!.data;
    // Weights along flat directions are free; what the heads say is not.
    const [ours, theirs] = [await scoresWith(inMemory['blood']!.head), await scoresWith(stored['blood']!.head)];
    expectClose(ours, theirs, { rtol: 0, atol: 2e-2 });
    await scorer.dispose();
  });

  it('is the same in two places, one head each, as in one', async () => {
    const folder = temporaryFolder();
    const together = await replaceHeads({
      store,
      backbone,
      generalist: merged.artifact,
      heads: await refit(),
      name: 'one',
    });
    let { artifact } = merged;
    for (const task of ['breast', 'blood']) {
      const path = join(folder, `${task}.safetensors`);
      const heads = await refit([task]);
      await writeHeadFile(path, merged.artifact, { task, refitted: heads[task]! });
      const read = await readHeadFile(path, artifact); // the second comes to a version that has the first
      expect(read).toEqual({ task, refitted: heads[task] });
      artifact = await replaceHeads({
        store,
        backbone,
        generalist: artifact,
        heads: { [task]: read.refitted },
        name: 'two',
      });
    }
    expect(artifact.digest).toBe(together.digest);
    expect((await readFile(join(folder, 'blood.safetensors'))).byteLength).toBeLessThan(2000);
  });

  it('refuses heads of other tasks, of other merges and of other sizes', async () => {
    const path = join(temporaryFolder(), 'head.safetensors');
    await writeHeadFile(path, merged.artifact, { task: 'blood', refitted: (await refit(['blood']))['blood']! });
    const recipe = { method: 'average', params: { lambda: 2 } };
    const other = await mergeSpecialists({
      store,
      backbone,
      members: [{ ref: 'blood' }, { ref: 'breast' }],
      recipe,
      name: 'other',
    });
    await expect(readHeadFile(path, other.artifact)).rejects.toThrow('another merge');
    const alone = await mergeSpecialists({ store, backbone, members: [{ ref: 'breast' }], recipe, name: 'alone' });
    await expect(readHeadFile(path, alone.artifact)).rejects.toThrow('a member: breast');
    await writeSafetensors(path, tinyHead(3, 1), { format: 'pt' });
    await expect(readHeadFile(path, merged.artifact)).rejects.toThrow(InvalidValueError);
    await expect(readHeadFile(`${path}.no`, merged.artifact)).rejects.toThrow(FileNotFoundError);
    const heads = { blood: { head: tinyHead(2, 1), l2: 1, images: 1 } };
    await expect(replaceHeads({ store, backbone, generalist: merged.artifact, heads, name: 'wrong' })).rejects.toThrow(
      ShapeMismatchError,
    );
    await expect(refit(['lung'])).rejects.toThrow('a member: blood, breast');
  });
});

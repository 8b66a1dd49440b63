import { openEngine, type Engine } from '@medlego/engine';
import { InvalidValueError, ShapeMismatchError } from '@medlego/errors';
import type { AdapterUpdates } from '@medlego/linalg';
import { digestTensors, float32, type HostTensor } from '@medlego/tensors';
import { computeFeatures, predictScores } from '@medlego/training';
import { expectClose } from '@medlego/testing';
import { adapterFromUpdates, foldUpdates, initParams } from '@medlego/vit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noiseImages, randomUpdates, tinyBackbone, tinyHead } from '../testing/tiny-members.ts';
import { createCandidateScorer } from './candidate-scorer.ts';

const backbone = tinyBackbone();
const tasks = [
  { name: 'a', kind: 'multi-class', images: noiseImages(11, 1), head: tinyHead(3, 1) },
  { name: 'b', kind: 'multi-label, binary-class', images: noiseImages(8, 2), head: tinyHead(2, 2) },
] as const;
const close = { rtol: 1e-5, atol: 1e-5 };

/** The engine, counting how often a function is traced: once per graph that it compiles. */
function countingTraces(engine: Engine): { engine: Engine; traces: () => number } {
  let traces = 0;
  return {
    traces: () => traces,
    engine: {
      info: engine.info,
      compile: (spec) =>
        engine.compile({
          ...spec,
          fn: (args) => {
            traces++;
            return spec.fn(args);
          },
        }),
      createState: (tensors) => engine.createState(tensors),
      dispose: () => engine.dispose(),
    },
  };
}

describe('createCandidateScorer', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ intraOpThreads: 1 });
  });
  afterAll(() => engine.dispose());

  it('gives the features and scores of computeFeatures and predictScores', async () => {
    const scorer = createCandidateScorer({ engine, backbone, tasks, batchSize: 4 });
    const updates = randomUpdates(3);
    const adapter = adapterFromUpdates(updates);
    for (const { name, images, kind, head } of tasks) {
      const expected = await computeFeatures(engine, backbone, images, { adapter, batchSize: 4 });
      expectClose((await scorer.features(name, updates)).data, expected.data, close);
      expectClose(
        (await scorer.plainFeatures(name)).data,
        (await computeFeatures(engine, backbone, images, { batchSize: 4 })).data,
        close,
      );
      const scores = await predictScores(engine, backbone, images, { adapter, kind, head, batchSize: 4 });
      expectClose((await scorer.scores(updates))[name]!.data, scores.data, close);
    }
    await scorer.dispose();
  });

  it('compiles one graph for all candidates, one more for whole models, and one where candidates touch other weights', async () => {
    const counted = countingTraces(engine);
    const scorer = createCandidateScorer({ engine: counted.engine, backbone, tasks, batchSize: 4 });
    for (let seed = 0; seed < 5; seed++) await scorer.scores(randomUpdates(seed));
    await scorer.plainFeatures('a');
    expect(counted.traces()).toBe(1);
    await scorer.modelScores(backbone.params);
    await scorer.modelScores(initParams(backbone.config, 9));
    expect(counted.traces()).toBe(2);
    await scorer.scores(randomUpdates(1, ['blocks.0.mlp.fc1', 'blocks.1.attn.v']));
    await scorer.scores(randomUpdates(2));
    expect(counted.traces()).toBe(3);
    await scorer.dispose();
  });

  it('forgets the candidate before: a module that is not touched any more is the backbone’s again', async () => {
    const scorer = createCandidateScorer({ engine, backbone, tasks });
    const both = randomUpdates(4);
    const [module] = Object.keys(both) as [string];
    const one: AdapterUpdates = { [module]: both[module]! };
    const fresh = await scorer.features('a', one);
    await scorer.features('a', both);
    expect(digestTensors({ x: await scorer.features('a', one) })).toBe(digestTensors({ x: fresh }));
    const plain = await scorer.plainFeatures('a');
    expect(digestTensors({ x: await scorer.features('a', {}) })).toBe(digestTensors({ x: plain }));
    await scorer.dispose();
  });

  it('scores a whole model as it scores the same weights given as updates', async () => {
    const scorer = createCandidateScorer({ engine, backbone, tasks });
    const updates = randomUpdates(5);
    const folded = foldUpdates(backbone.config, backbone.params, updates);
    const [asModel, asUpdates] = [await scorer.modelScores(folded), await scorer.scores(updates)];
    for (const { name } of tasks) expectClose(asModel[name]!.data, asUpdates[name]!.data, close);
    await scorer.dispose();
  });

  it('takes heads and updates of one task from the call, and leaves out tasks that are not asked for', async () => {
    const scorer = createCandidateScorer({ engine, backbone, tasks });
    const [shared, own] = [randomUpdates(6), randomUpdates(7)];
    const head = tinyHead(3, 8);
    const mixed = await scorer.scores(shared, { taskUpdates: { a: own }, heads: { a: head } });
    expect(mixed['a']).toEqual((await scorer.scores(own, { heads: { a: head }, tasks: ['a'] }))['a']);
    expect(mixed['b']).toEqual((await scorer.scores(shared))['b']);
    expect(Object.keys(await scorer.scores(shared, { tasks: ['b'] }))).toEqual(['b']);
    await scorer.dispose();
  });

  it('preprocesses once where the images find room, and at every pass where they do not', async () => {
    for (const [imageBytes, passes] of [
      [undefined, 1],
      [0, 3],
    ] as const) {
      let calls = 0;
      const images = {
        ...tasks[0].images,
        at: (from: number, rows: number) => (calls++, tasks[0].images.at(from, rows)),
      };
      const scorer = createCandidateScorer({ engine, backbone, tasks: [{ ...tasks[0], images }], imageBytes });
      for (let seed = 0; seed < 3; seed++) await scorer.scores(randomUpdates(seed));
      expect(calls).toBe(passes);
      await scorer.dispose();
    }
  });

  it('needs no more memory after 200 candidates than after 50', async () => {
    const scorer = createCandidateScorer({ engine, backbone, tasks });
    const measure = async (from: number, to: number): Promise<number> => {
      for (let seed = from; seed < to; seed++) await scorer.scores(randomUpdates(seed));
      globalThis.gc?.();
      const { rss, arrayBuffers } = process.memoryUsage();
      return globalThis.gc ? arrayBuffers : rss;
    };
    const early = await measure(0, 50);
    expect((await measure(50, 200)) - early).toBeLessThan(48 * 2 ** 20);
    await scorer.dispose();
  });

  it('answers questions in turn, whoever asks at the same time', async () => {
    const scorer = createCandidateScorer({ engine, backbone, tasks });
    const seeds = [1, 2, 3, 4];
    const together = await Promise.all(seeds.map((seed) => scorer.features('a', randomUpdates(seed))));
    for (const [index, seed] of seeds.entries())
      expect(together[index]).toEqual(await scorer.features('a', randomUpdates(seed)));
    await scorer.dispose();
  });

  it('refuses unknown tasks and modules and updates of another size, and goes on after that', async () => {
    const scorer = createCandidateScorer({ engine, backbone, tasks });
    const good = randomUpdates(1);
    const wrong = (module: string, size: number): AdapterUpdates => ({
      [module]: {
        out: size,
        in: size,
        rank: 1,
        b: new Float32Array(size),
        e: new Float32Array(1),
        a: new Float32Array(size),
        scaling: 1,
      },
    });
    await expect(scorer.features('c', good)).rejects.toThrow(InvalidValueError);
    await expect(scorer.features('a', wrong('blocks.9.attn.q', 16))).rejects.toThrow(/depth|below 2/);
    await expect(scorer.features('a', wrong('blocks.0.attn.q', 4))).rejects.toThrow(ShapeMismatchError);
    await expect(scorer.modelFeatures('a', { 'norm.weight': float32([2], new Float32Array(2)) })).rejects.toThrow(
      ShapeMismatchError,
    );
    expect(Object.keys(await scorer.scores(good))).toEqual(['a', 'b']);
    expect(() => createCandidateScorer({ engine, backbone, tasks: [] })).toThrow(InvalidValueError);
    await scorer.dispose();
  });
});

it('random updates of different seeds differ, so that the specs above mean something', () => {
  const flat = (updates: AdapterUpdates): HostTensor => float32([16, 2], updates['blocks.0.attn.q']!.b as Float32Array);
  expect(digestTensors({ x: flat(randomUpdates(1)) })).not.toBe(digestTensors({ x: flat(randomUpdates(2)) }));
});

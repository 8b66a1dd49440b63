import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textureImages } from '@medlego/data';
import { openEngine, type Engine } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import { updateInnerProduct, updateNorm, type AdapterUpdates } from '@medlego/linalg';
import { digestTensors, float32 } from '@medlego/tensors';
import { adapterUpdates, initAdapter, parseAdapterSpec, RandomStream } from '@medlego/vit';
import { computeFeatures } from './features.ts';
import { frozenInputFactors } from './input-subspace.ts';
import { createNeighbours, type Neighbour } from './neighbours.ts';
import { onBase } from './onto.ts';
import { finish, type TrainingReport } from './reports.ts';
import { parseTrainingSettings, type TrainingSettingsInput } from './settings.ts';
import { splitImages } from './split-images.ts';
import { tinyBackbone, tinyConfig, tinyDataset } from './testing/tiny.ts';
import { trainSpecialist, type TrainedSpecialist, type TrainSpecialistOptions } from './train-specialist.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ intraOpThreads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'medlego-mergeable-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
});

const backbone = tinyBackbone();
const dataset = tinyDataset();
const quick: TrainingSettingsInput = {
  epochs: 2,
  batchSize: 16,
  learningRate: 0.01,
  selectBy: 'last',
  initStd: 'unit',
};

async function train(settings: TrainingSettingsInput = {}, extra: Partial<TrainSpecialistOptions> = {}) {
  const reports: TrainingReport[] = [];
  const trained = await finish(
    trainSpecialist({ engine, backbone, dataset, settings: { ...quick, ...settings }, ...extra }),
    (report) => void reports.push(report),
  );
  return { trained, reports };
}
const digestOf = ({ adapter, head }: TrainedSpecialist) => digestTensors({ ...adapter.tensors, ...head });

/** A random adapter of these modules. */
function published(name: string, targetModules = ['q', 'v'], std = 0.4): Neighbour {
  const spec = parseAdapterSpec({ rank: 3, targetModules });
  const tensors = Object.fromEntries(
    Object.entries(initAdapter(tinyConfig, spec, { seed: 1 })).map(([key, { shape }]) => [
      key,
      float32(
        shape,
        new RandomStream(5, name + key).normals(
          shape.reduce((a, b) => a * b, 1),
          std,
        ),
      ),
    ]),
  );
  return { name, digest: `sha256:${name}`, updates: adapterUpdates(spec, tensors) };
}
const sizeOf = (updates: AdapterUpdates) => Math.hypot(...Object.values(updates).map(updateNorm));
const updatesOf = ({ adapter }: TrainedSpecialist) => adapterUpdates(adapter.spec, adapter.tensors);

describe('neighbours', () => {
  const adapters = [published('one'), published('two', ['q', 'fc1'])];

  it.each(['svd-lora', 'lora'] as const)(
    'published adapters change what a %s specialist learns, and nothing at strength 0',
    async (kind) => {
      const settings = { adapter: { kind, alpha: 6 } };
      const alone = await train(settings);
      const with0 = await train(
        { ...settings, neighbours: { kind: 'adapters', scaleRange: [0, 0] } },
        { neighbours: adapters },
      );
      const with1 = await train({ ...settings, neighbours: { kind: 'adapters' } }, { neighbours: adapters });
      const parts = (run: typeof alone) =>
        Object.values(run.trained.adapter.tensors).flatMap(({ data }) => [...(data as Float32Array)]);
      // Adam enlarges rounding of gradients near zero, so the bytes are close and not equal.
      const distance = (a: number[], b: number[]) =>
        Math.hypot(...a.map((value, i) => value - b[i]!)) / Math.hypot(...a);
      expect(distance(parts(alone), parts(with0))).toBeLessThan(0.01);
      expect(distance(parts(alone), parts(with1))).toBeGreaterThan(0.02);
    },
  );

  it('at full strength give the loss of a backbone that they are folded into', async () => {
    const neighbours = { kind: 'adapters' as const, scaleRange: [1, 1] as [number, number] };
    const settings: TrainingSettingsInput = { neighbours };
    const loud = await train({ ...settings, headInit: 'random' }, { neighbours: adapters });
    const first = loud.reports.find((report) => report.type === 'step')!;
    const { updates } = adapters[1]!;
    // The second one alone, folded, then the first as the only neighbour: the same sum in another place.
    const folded = { ...backbone, ...onBase(backbone, { digest: 'x', updates }) };
    const other = await train({ ...settings, headInit: 'random' }, { backbone: folded, neighbours: [adapters[0]!] });
    const same = other.reports.find((report) => report.type === 'step')!;
    expect(first.taskLoss).toBeCloseTo(same.taskLoss, 4);
  });

  it('noise has the wanted size beside the frozen weights, is new at every step and the same for the same step', () => {
    const settings = parseTrainingSettings({ neighbours: { kind: 'noise', norm: 0.1, rank: 2, scaleRange: [1, 1] } });
    const noise = createNeighbours({ config: tinyConfig, params: backbone.params, settings })!;
    const at = (epoch: number, step: number) => noise.inputAt(epoch, step) as Float32Array;
    expect(at(1, 3)).toEqual(at(1, 3));
    expect(at(1, 3)).not.toEqual(at(1, 4));
    // Names in sorted order: blocks.0.attn.q.lora_A [2, 16], then its lora_B [16, 2].
    const sizes = Array.from({ length: 40 }, (_, step) => {
      const [a, b] = [at(1, step).slice(0, 32), at(1, step).slice(32, 64)];
      return updateNorm({ out: 16, in: 16, rank: 2, a, b, e: Float32Array.of(1, 1), scaling: 1 }) ** 2;
    });
    const qkv = backbone.params['blocks.0.attn.qkv.weight']!.data as Float32Array;
    const size = Math.sqrt(sizes.reduce((sum, value) => sum + value) / 40);
    expect(size / Math.hypot(...qkv.subarray(0, 256))).toBeCloseTo(0.1, 1);
    expect(size).toBeGreaterThan(0.05 * Math.hypot(...qkv.subarray(0, 256)));
  });

  it.each([
    ['noise', { kind: 'noise', norm: 0.3 }, []],
    ['published adapters', { kind: 'adapters' }, adapters],
  ] as const)('goes on to the same bytes after a kill, with %s', async (kind, neighbours, others) => {
    const checkpointFolder = join(folder, kind);
    const run = () => train({ neighbours, microBatchSize: 8 }, { neighbours: others });
    const whole = await run();
    const killed = finish(
      trainSpecialist({
        engine,
        backbone,
        dataset,
        settings: { ...quick, neighbours, microBatchSize: 8 },
        neighbours: others,
        checkpointFolder,
        checkpointEverySeconds: 0,
      }),
      (report) => {
        if (report.type === 'checkpoint' && report.epoch === 2) throw new Error('killed');
      },
    );
    await expect(killed).rejects.toThrow('killed');
    const { trained, reports } = await train(
      { neighbours, microBatchSize: 8 },
      { neighbours: others, checkpointFolder },
    );
    expect(reports.some(({ type }) => type === 'resumed')).toBe(true);
    expect(digestOf(trained)).toBe(digestOf(whole.trained));
  });

  it('are refused without adapters, and adapters without the setting', async () => {
    await expect(train({ neighbours: { kind: 'adapters' } })).rejects.toThrow(/neighbours/);
    await expect(train({}, { neighbours: adapters })).rejects.toThrow(/neighbours/);
  });
});

describe('input subspaces', () => {
  const disjoint = (index: number) => ({ inputSubspace: 'disjoint', subspaceIndex: index, subspaceCount: 4 }) as const;

  it('shared: A is frozen, orthonormal and the same whatever the seed', async () => {
    const [one, two] = [await train({ inputSubspace: 'shared' }), await train({ inputSubspace: 'shared', seed: 8 })];
    const a = (run: typeof one) => run.trained.adapter.tensors['blocks.1.attn.v.lora_A']!.data as Float32Array;
    expect(a(one)).toEqual(a(two));
    expect(one.trained.adapter.tensors['blocks.1.attn.v.lora_B']).not.toEqual(
      two.trained.adapter.tensors['blocks.1.attn.v.lora_B'],
    );
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 4; j++) {
        const dot = Array.from({ length: 16 }, (_, k) => a(one)[i * 16 + k]! * a(one)[j * 16 + k]!).reduce(
          (s, x) => s + x,
        );
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 5);
      }
  });

  it.each(['svd-lora', 'lora'] as const)('disjoint: updates of different tasks (%s) do not overlap', async (kind) => {
    const settings = { adapter: { kind }, learningRate: 0.05 } as const;
    const [one, two] = [
      await train({ ...settings, ...disjoint(0) }),
      await train({ ...settings, ...disjoint(3), seed: 2 }),
    ];
    const [x, y] = [updatesOf(one.trained), updatesOf(two.trained)];
    expect(sizeOf(x)).toBeGreaterThan(0.01);
    for (const module of Object.keys(x))
      expect(Math.abs(updateInnerProduct(x[module]!, y[module]!))).toBeLessThan(
        1e-5 * updateNorm(x[module]!) * updateNorm(y[module]!),
      );
  });

  it('refuse more blocks than fit, and an index without a count', async () => {
    const settings = parseTrainingSettings({ inputSubspace: 'disjoint', subspaceIndex: 0, subspaceCount: 5 });
    expect(() => frozenInputFactors(tinyConfig, settings, backbone.digest)).toThrow(/at most 4/);
    for (const wrong of [
      { inputSubspace: 'disjoint' },
      { subspaceIndex: 1 },
      { inputSubspace: 'disjoint', subspaceIndex: 4, subspaceCount: 4 },
      { adapter: { kind: 'full' }, inputSubspace: 'shared' },
    ] as TrainingSettingsInput[])
      expect(() => parseTrainingSettings(wrong), JSON.stringify(wrong)).toThrow(InvalidValueError);
  });
});

describe('norm control', () => {
  it.each(['svd-lora', 'lora'] as const)('a penalty on the update makes it smaller (%s)', async (kind) => {
    const settings = { adapter: { kind }, epochs: 6, learningRate: 0.03 } as const;
    const [free, held] = [await train(settings), await train({ ...settings, updatePenalty: 1 })];
    expect(sizeOf(updatesOf(held.trained))).toBeLessThan(0.6 * sizeOf(updatesOf(free.trained)));
  });

  it('reports the size of the update as the norm of its dense matrices says', async () => {
    const { trained, reports } = await train({ penaltyWeight: 0, updatePenalty: 0.5, epochs: 4 });
    const last = reports.filter((report) => report.type === 'step').at(-1)!;
    // The last step's penalty was measured before its update.
    expect(last.penalty).toBeGreaterThan(0);
    expect(last.penalty / (0.5 * sizeOf(updatesOf(trained)) ** 2)).toBeCloseTo(1, 0);
  });
});

describe('training on top of a generalist', () => {
  const base = { digest: 'sha256:base', updates: published('base').updates };

  it('gives an adapter that is the base plus its own update, and measures what validation saw', async () => {
    const { trained } = await train({}, { onto: base });
    const [total, own] = [updatesOf(trained), adapterUpdates(trained.ownAdapter.spec, trained.ownAdapter.tensors)];
    for (const [module, update] of Object.entries(total)) {
      expect(update.rank).toBe(3 + 4);
      const cross = updateInnerProduct(update, base.updates[module]!);
      expect(cross).toBeCloseTo(
        updateNorm(base.updates[module]!) ** 2 + updateInnerProduct(own[module]!, base.updates[module]!),
        3,
      );
    }
    expect(trained.val['loss']).toBeCloseTo(trained.best.val['loss']!, 3);
  });

  it('starts where the base is: epoch 0 is a probe on its features', async () => {
    const { trained, reports } = await train({ selectBy: 'loss', learningRate: 1e-9 }, { onto: base });
    const start = reports.find((report) => report.type === 'epoch')!;
    const images = splitImages(dataset.splits.val, backbone.preprocess);
    const features = await computeFeatures(engine, onBase(backbone, base), images);
    expect(features.data).not.toEqual((await computeFeatures(engine, backbone, images)).data);
    expect(start.val['loss']).not.toBeCloseTo(trained.probe.val['loss']!, 6);
    expect(start.val['loss']).toBeLessThan(Math.log(3) + 0.05);
  });
});

describe('quiet', () => {
  const quiet = { weight: 50, rows: 8 };
  const textures = splitImages(textureImages(40, 99), backbone.preprocess);
  const changeOn = async ({ adapter }: TrainedSpecialist) => {
    const [plain, changed] = [
      await computeFeatures(engine, backbone, textures),
      await computeFeatures(engine, backbone, textures, { adapter }),
    ];
    return Math.hypot(...changed.data.map((value, i) => value - plain.data[i]!));
  };

  it('keeps features of other images where they were', async () => {
    const loud = await train();
    const silent = await train({ quiet });
    expect(sizeOf(updatesOf(silent.trained))).toBeGreaterThan(0);
    expect(await changeOn(silent.trained)).toBeLessThan(0.6 * (await changeOn(loud.trained)));
  });

  // Four compiled runs: long on a machine that is busy elsewhere.
  it(
    'adds weight times the mean squared change to the loss, whole or in micro-batches',
    { timeout: 240_000 },
    async () => {
      const firstLoss = async (settings: TrainingSettingsInput) => {
        const { reports } = await train({ initStd: 1, epochs: 1, ...settings });
        return reports.filter((report) => report.type === 'step')[1]!.taskLoss;
      };
      const [none, light, parts] = [
        await firstLoss({}),
        await firstLoss({ quiet: { weight: 1e-6, rows: 8 } }),
        await firstLoss({ quiet, microBatchSize: 4 }),
      ];
      expect(light).toBeCloseTo(none, 3);
      expect(parts).toBeCloseTo(await firstLoss({ quiet }), 3);
      expect(parts).toBeGreaterThan(none);
    },
  );

  it('is the same for the same step and refuses neighbours beside it and adapters that have no update', async () => {
    expect(digestOf((await train({ quiet })).trained)).toBe(digestOf((await train({ quiet })).trained));
    expect(() => parseTrainingSettings({ quiet: {}, neighbours: { kind: 'noise' } })).toThrow(/quiet/);
    expect(() => parseTrainingSettings({ quiet: {}, adapter: { kind: 'full' } })).toThrow(/quiet/);
  });
});

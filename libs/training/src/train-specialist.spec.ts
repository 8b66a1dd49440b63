import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '@medlego/engine';
import {
  CheckpointMismatchError,
  EmptySplitError,
  InvalidValueError,
  NonFiniteLossError,
  StoppedError,
} from '@medlego/errors';
import { digestTensors } from '@medlego/tensors';
import { computeFeatures } from './features.ts';
import { applyHead } from './head.ts';
import { measure } from './measure.ts';
import { predictScores } from './predict-scores.ts';
import { finish, type TrainingReport } from './reports.ts';
import type { TrainingSettingsInput } from './settings.ts';
import { splitImages } from './split-images.ts';
import { tinyBackbone, tinyDataset } from './testing/tiny.ts';
import { trainSpecialist, type TrainedSpecialist, type TrainSpecialistOptions } from './train-specialist.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ intraOpThreads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'medlego-training-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
});

const backbone = tinyBackbone();
const dataset = tinyDataset();
const quick: TrainingSettingsInput = { epochs: 3, batchSize: 16, learningRate: 0.01 };

async function train(settings: TrainingSettingsInput = {}, extra: Partial<TrainSpecialistOptions> = {}) {
  const reports: TrainingReport[] = [];
  const trained = await finish(
    trainSpecialist({ engine, backbone, dataset, settings: { ...quick, ...settings }, ...extra }),
    (report) => void reports.push(report),
  );
  const of = <T extends TrainingReport['type']>(type: T) =>
    reports.filter((report): report is Extract<TrainingReport, { type: T }> => report.type === type);
  return { trained, reports, of };
}

const digestOf = ({ adapter, head }: TrainedSpecialist) => digestTensors({ ...adapter.tensors, ...head });

describe('training a specialist', () => {
  it('reports the probe, every step and every epoch, and learns what the probe cannot', async () => {
    const { trained, of } = await train({ epochs: 25, selectBy: 'loss', learningRate: 0.02 });
    expect(of('probe')).toHaveLength(1);
    expect(of('step')).toHaveLength(25 * 5);
    expect(of('step')[6]).toMatchObject({ epoch: 2, step: 2, stepsPerEpoch: 5, epochs: 25 });
    expect(of('step').at(-1)!.etaSeconds).toBe(0);
    expect(of('epoch').map(({ epoch }) => epoch)).toEqual(Array.from({ length: 26 }, (_, epoch) => epoch));
    expect(trained.val['loss']).toBeLessThan(trained.probe.val['loss']!);
    expect(trained.best.epoch).toBeGreaterThan(0);
    expect(trained.updates).toBe(125);
  });

  it('starts at the probe: epoch 0 measures what the probe measures', async () => {
    const { trained, of } = await train();
    const start = of('epoch')[0]!;
    expect(start.val['loss']).toBeCloseTo(trained.probe.val['loss']!, 5);
    expect(start.val['acc']).toBe(trained.probe.val['acc']);
    expect(start.isBest).toBe(true);
  });

  it('keeps the probe, and says so, where no epoch is better', async () => {
    const { trained, of } = await train({ learningRate: 1e-12, weightDecay: 0, selectBy: 'acc', epochs: 1 });
    expect(trained.best.epoch === 0 || trained.val['acc'] === trained.probe.val['acc']).toBe(true);
    expect(trained.beatsProbe).toBe(false);
    expect(trained.comparison).toMatchObject({ split: 'test', n: 40 });
    expect(of('warning').map(({ message }) => message)).toEqual([
      expect.stringMatching(/linear probe on the plain backbone/),
    ]);
  });

  it('is the same to the byte with the same seed, and another with another', async () => {
    const [first, again, other] = [await train(), await train(), await train({ seed: 1 })];
    expect(digestOf(again.trained)).toBe(digestOf(first.trained));
    expect(digestOf(other.trained)).not.toBe(digestOf(first.trained));
  });

  it('the result scores as validation said while training', async () => {
    const { trained } = await train({ selectBy: 'loss' });
    const { val } = dataset.splits;
    const features = await computeFeatures(engine, backbone, splitImages(val, backbone.preprocess), {
      adapter: trained.adapter,
    });
    expect(measure(dataset.task, val, applyHead(features, trained.head))['loss']).toBeCloseTo(
      trained.best.val['loss']!,
      5,
    );
    const scores = await predictScores(engine, backbone, splitImages(val, backbone.preprocess), {
      kind: dataset.task.kind,
      head: trained.head,
      adapter: trained.adapter,
      batchSize: 7,
    });
    expect(scores.shape).toEqual([30, 3]);
    for (let row = 0; row < 30; row++)
      expect(scores.data.subarray(3 * row, 3 * row + 3).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  });

  it('an anchored specialist keeps the probe as its head', async () => {
    const { trained } = await train({ trainHead: false, selectBy: 'last' });
    expect(trained.head).toEqual(trained.probe.head);
  });

  it.each(['lora', 'head-only', 'full'] as const)('trains a %s specialist', async (kind) => {
    const { trained } = await train({ adapter: { kind }, epochs: 8, selectBy: 'loss', learningRate: 0.003 });
    expect(trained.val['loss']).toBeLessThanOrEqual(trained.probe.val['loss']!);
    expect(Object.keys(trained.adapter.tensors).length > 0).toBe(kind !== 'head-only');
  });

  it.each([
    ['binary-class', { kind: 'binary-class', labels: ['no', 'yes'] }],
    ['ordinal-regression', { kind: 'ordinal-regression' }],
  ] as const)('trains a %s task, with balanced class weights', async (_, task) => {
    const { trained } = await train(
      { classWeights: 'balanced', labelSmoothing: 0.1, epochs: 2 },
      { dataset: tinyDataset({ ...task, labels: [...('labels' in task ? task.labels : ['a', 'b', 'c'])] }) },
    );
    expect(trained.test!['acc']).toBeGreaterThan(0.4);
  });

  it('trains a multi-label task, with balanced class weights', async () => {
    const base = tinyDataset();
    const task = { ...base.task, kind: 'multi-label, binary-class' as const };
    const spread = (split: typeof base.splits.train) => ({
      ...split,
      labelWidth: 3,
      labels: Int32Array.from({ length: split.count * 3 }, (_, k) =>
        split.labels[Math.floor(k / 3)] === k % 3 ? 1 : 0,
      ),
    });
    const { train: a, val: b, test: c } = base.splits;
    const { trained } = await train(
      { classWeights: 'balanced', epochs: 25, learningRate: 0.02, selectBy: 'last' },
      { dataset: { ...base, task, splits: { train: spread(a), val: spread(b), test: spread(c) } } },
    );
    expect(trained.test!['auc']).toBeGreaterThan(0.6);
  });

  it('stops early when validation has not improved for `patience` epochs', async () => {
    const { trained, of } = await train({ epochs: 40, learningRate: 1, clipNorm: null, selectBy: 'loss', patience: 3 });
    expect(trained.stoppedEarly).toBe(true);
    expect(of('epoch').at(-1)!.epoch - trained.best.epoch).toBe(3);
  });

  it('does without a test split', async () => {
    const { trained } = await train({ epochs: 1 }, { dataset: tinyDataset({}, { train: 30, val: 30, test: 0 }) });
    expect(trained.test).toBeNull();
    expect(trained.probe.test).toBeNull();
    expect(trained.comparison.split).toBe('val');
  });
});

describe('a run that does not go through', () => {
  it('names step and learning rate when the loss leaves the finite numbers, and leaves no half-written file', async () => {
    const checkpointFolder = join(folder, 'diverged');
    const run = train(
      { learningRate: 1e30, schedule: 'constant', clipNorm: null, optimizer: 'sgd', epochs: 5 },
      { checkpointFolder },
    );
    await expect(run).rejects.toBeInstanceOf(NonFiniteLossError);
    await expect(run).rejects.toThrow(/epoch \d, step \d.* learning rate 1e\+30.*Lower the learning rate/);
    expect(
      (await readdir(checkpointFolder).catch(() => [])).filter(
        (name) => !/^checkpoint(\.previous)?\.safetensors$/.test(name),
      ),
    ).toEqual([]);
  });

  it('stops after the step in which it was asked to, and goes on to the same bytes', async () => {
    const checkpointFolder = join(folder, 'stopped');
    const whole = await train({ selectBy: 'last' });
    const stop = new AbortController();
    const stopped = finish(
      trainSpecialist({
        engine,
        backbone,
        dataset,
        settings: { ...quick, selectBy: 'last' },
        checkpointFolder,
        signal: stop.signal,
      }),
      (report) => {
        if (report.type === 'step' && report.epoch === 2 && report.step === 2) stop.abort();
      },
    );
    await expect(stopped).rejects.toBeInstanceOf(StoppedError);
    await expect(stopped).rejects.toMatchObject({ facts: { epoch: 2, step: 2 } });
    const { trained, of } = await train({ selectBy: 'last' }, { checkpointFolder });
    expect(of('resumed')).toMatchObject([{ epoch: 2, step: 2 }]);
    expect(of('step')[0]).toMatchObject({ epoch: 2, step: 3 });
    expect(digestOf(trained)).toBe(digestOf(whole.trained));
    expect(trained.history).toEqual(whole.trained.history);
  });

  it('refuses the unfinished run of other settings and names them, and replaces a finished one', async () => {
    const checkpointFolder = join(folder, 'others');
    const settings = { ...quick, headInit: 'random' as const };
    const begun = finish(
      trainSpecialist({ engine, backbone, dataset, settings, checkpointFolder, checkpointEverySeconds: 0 }),
      (report) => {
        if (report.type === 'checkpoint') throw new Error('killed');
      },
    );
    await expect(begun).rejects.toThrow('killed');
    const other = () => train({ headInit: 'random', learningRate: 0.02 }, { checkpointFolder });
    await expect(other()).rejects.toBeInstanceOf(CheckpointMismatchError);
    await expect(other()).rejects.toThrow(/learningRate: checkpoint 0.01, this run 0.02/);
    const { trained } = await train({ headInit: 'random' }, { checkpointFolder });
    const { trained: again, of } = await train({ headInit: 'random' }, { checkpointFolder });
    expect(of('step')).toHaveLength(0);
    expect(digestOf(again)).toBe(digestOf(trained));
    expect((await other()).of('step')).toHaveLength(15);
  });

  it('says without a checkpoint folder that nothing can be resumed', async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(train({}, { signal: stop.signal })).rejects.toThrow();
  });

  it('needs train and val', async () => {
    const { splits, ...rest } = dataset;
    const empty = { ...rest, splits: { ...splits, val: { ...splits.val, count: 0 } } };
    await expect(train({}, { dataset: empty })).rejects.toBeInstanceOf(EmptySplitError);
  });

  it.each([
    [{ epochs: 0 }, /settings\.epochs/],
    [{ adapter: { rank: 0 } }, /settings\.adapter\.rank/],
    [{ learningRate: -1 }, /settings\.learningRate/],
    [{ labelSmoothing: 1 }, /settings\.labelSmoothing/],
    [{ speed: 3 }, /speed/],
    [
      { adapter: { kind: 'full' }, updateScaleRange: [0.5, 1] },
      /settings\.updateScaleRange: expected null for adapter kind full/,
    ],
    [{ updateScaleRange: [1, 0.5] }, /settings\.updateScaleRange/],
    [{ adapter: { kind: 'head-only' }, trainHead: false }, /settings\.trainHead/],
    [{ classWeights: [1, 2] }, /classWeights: expected 3 numbers/],
  ] as [TrainingSettingsInput, RegExp][])('refuses settings %j', async (settings, message) => {
    const run = train(settings);
    await expect(run).rejects.toBeInstanceOf(InvalidValueError);
    await expect(run).rejects.toThrow(message);
  });
});

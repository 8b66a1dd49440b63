import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '@medlego/engine';
import { InvalidValueError, StoppedError } from '@medlego/errors';
import { digestTensors } from '@medlego/tensors';
import { finish, type TrainingReport } from './reports.ts';
import type { TrainingSettingsInput } from './settings.ts';
import { tinyBackbone, tinyDataset, tinyMultiLabel } from './testing/tiny.ts';
import { trainJoint, type TrainedJoint, type TrainJointOptions } from './train-joint.ts';
import { trainSpecialist } from './train-specialist.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ intraOpThreads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'medlego-joint-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
});

const backbone = tinyBackbone();
const three = tinyDataset({ name: 'three' });
const two = tinyDataset({ name: 'two', kind: 'binary-class', labels: ['no', 'yes'] }, { train: 40, val: 20, test: 20 });
const many = tinyMultiLabel('many');
const quick: TrainingSettingsInput = { epochs: 2, batchSize: 16, learningRate: 0.01, selectBy: 'last' };

async function train(settings: TrainingSettingsInput = {}, extra: Partial<TrainJointOptions> = {}) {
  const reports: TrainingReport[] = [];
  const trained = await finish(
    trainJoint({ engine, backbone, datasets: [three, two, many], settings: { ...quick, ...settings }, ...extra }),
    (report) => void reports.push(report),
  );
  return { trained, reports };
}

const digestOf = ({ adapter, tasks }: TrainedJoint) =>
  digestTensors({
    ...adapter.tensors,
    ...Object.fromEntries(
      tasks.flatMap(({ task, head }) => Object.entries(head).map(([k, v]) => [`${task.name} ${k}`, v])),
    ),
  });

describe('joint training', () => {
  it('trains one adapter with a head and a probe per task, sorted by name, in whatever order the tasks came', async () => {
    const { trained, reports } = await train();
    expect(trained.tasks.map(({ task }) => task.name)).toEqual(['many', 'three', 'two']);
    expect(trained.tasks.map(({ head }) => head['head.weight']!.shape)).toEqual([
      [3, 16],
      [3, 16],
      [2, 16],
    ]);
    expect(reports.filter(({ type }) => type === 'step')).toHaveLength(2 * (5 + 5 + 3));
    expect(reports.filter(({ type }) => type === 'probe')).toHaveLength(3);
    const { trained: other } = await train({}, { datasets: [many, two, three] });
    expect(digestOf(other)).toBe(digestOf(trained));
  });

  it('with one task ends with the bytes of a specialist', async () => {
    const { trained } = await train({}, { datasets: [three] });
    const specialist = await finish(trainSpecialist({ engine, backbone, dataset: three, settings: quick }));
    expect(digestTensors(trained.adapter.tensors)).toBe(digestTensors(specialist.adapter.tensors));
    expect(trained.tasks[0]!.head).toEqual(specialist.head);
  });

  it('learns all tasks: the mean validation loss falls below that of the probes', async () => {
    const { trained } = await train({ epochs: 20, learningRate: 0.02, selectBy: 'loss' });
    const probes = trained.tasks.map(({ probe }) => probe.val['loss']!);
    expect(trained.best.val['loss']).toBeLessThan(probes.reduce((sum, loss) => sum + loss) / 3);
    expect(trained.best.val['loss']).toBeCloseTo(trained.tasks.reduce((sum, { val }) => sum + val['loss']!, 0) / 3, 4);
    expect(Object.keys(trained.best.val)).toEqual(expect.arrayContaining(['acc', 'loss.many', 'acc.three', 'auc.two']));
  });

  it('goes on to the same bytes after it was stopped', async () => {
    const checkpointFolder = join(folder, 'stopped');
    const settings = { ...quick, updateScaleRange: [0.5, 1] as [number, number] };
    const whole = await train(settings);
    const stop = new AbortController();
    const stopped = finish(
      trainJoint({
        engine,
        backbone,
        datasets: [three, two, many],
        settings,
        checkpointFolder,
        signal: stop.signal,
      }),
      (report) => {
        if (report.type === 'step' && report.epoch === 2 && report.step === 4) stop.abort();
      },
    );
    await expect(stopped).rejects.toBeInstanceOf(StoppedError);
    const { trained, reports } = await train(settings, { checkpointFolder });
    expect(reports.find(({ type }) => type === 'resumed')).toMatchObject({ epoch: 2, step: 4 });
    expect(digestOf(trained)).toBe(digestOf(whole.trained));
  });

  it.each(['full', 'lora', 'head-only'] as const)(
    'trains a %s adapter, with class weights and even shares',
    async (kind) => {
      const { trained } = await train({
        adapter: { kind },
        classWeights: 'balanced',
        taskTemperature: 4,
        headInit: 'random',
      });
      expect(Number.isFinite(trained.best.val['loss'])).toBe(true);
      expect(Object.keys(trained.adapter.tensors).length > 0).toBe(kind !== 'head-only');
    },
  );

  it('keeps anchored heads at their probes', async () => {
    const { trained } = await train({ trainHead: false });
    for (const { head, probe } of trained.tasks) expect(head).toEqual(probe.head);
  });

  it.each([
    [{ datasets: [] }, /tasks/],
    [{ datasets: [three, three] }, /three twice/],
    [{ settings: { ...quick, classWeights: [1, 2, 3] } }, /classWeights/],
    [{ settings: { ...quick, taskTemperature: 0.5 } }, /taskTemperature/],
  ] as [Partial<TrainJointOptions>, RegExp][])('refuses %j', async (extra, message) => {
    const run = train({}, extra);
    await expect(run).rejects.toBeInstanceOf(InvalidValueError);
    await expect(run).rejects.toThrow(message);
  });
});

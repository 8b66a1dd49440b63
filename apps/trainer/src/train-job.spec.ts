import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunState } from '@medlego/contracts/rpc';
import { openEngine } from '@medlego/engine';
import { openArtifactStore } from '@medlego/artifacts';
import { suiteFolder, startNode } from '@medlego/testing';
import { augmentPresets } from '@medlego/training';
import { describeDataset, storeBackbone, trainTask } from '@medlego/workflows';
import { tinyBackbone, tinyData } from '@medlego/workflows/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { openTrainingPlatform, program } from './testing/platform.ts';
import { trainJob } from './train-job.ts';

const timeout = 120_000;

/** Long enough to be interrupted in the middle. */
const epochs = 60;
const settings = { epochs: String(epochs), batch: '8', lr: '1e-3', augment: 'light' };
const isFinal = (state: RunState) => state >= RunState.RUN_STATE_SUCCEEDED;
const middle = new RegExp(`^epoch ([3-9]|\\d\\d) of ${epochs}`);

describe('the Job of a training run', () => {
  const folder = suiteFolder();
  let expected: string;
  beforeAll(async () => {
    const store = await openArtifactStore({ root: join(folder, 'store') });
    await storeBackbone(store, { ...tinyBackbone(), origin: 'random numbers' });
    const engine = await openEngine({ engine: 'onnx', device: 'cpu', intraOpThreads: 1 });
    const { artifact } = await trainTask({
      engine,
      store,
      backbone: tinyBackbone(),
      dataset: tinyData('blood'),
      name: 'direct',
      settings: { epochs, batchSize: 8, learningRate: 1e-3, seed: 3, augment: augmentPresets.light },
    }).finally(() => engine.dispose());
    expected = artifact.digest;
  }, timeout);

  it('is killed in the middle, goes on, and gives what training without interruption gives', { timeout }, async () => {
    const { trainer, training, logged, until, store } = await openTrainingPlatform();
    trainer.start();
    const spec = { dataset: 'blood', backbone: 'tiny', seed: 3, settings };
    const { id } = (await training.submitTraining({ requestId: 'kill', spec })).run!;
    const [, pid] = await logged(id, /process (\d+)$/);
    await logged(id, middle);
    process.kill(Number(pid), 'SIGKILL');
    const done = await until(id, ({ state }) => isFinal(state));
    expect(done).toMatchObject({
      state: RunState.RUN_STATE_SUCCEEDED,
      attempts: 2,
      artifact: expected,
      error: undefined,
    });
    expect(done.progress).toMatchObject({ fraction: 1, message: `epoch ${epochs} of ${epochs}` });
    await logged(id, /^Going on from epoch/);
    expect((await store.get('blood', { kind: 'specialist' })).digest).toBe(expected);
  });

  it('is preempted on one machine and goes on on another', { timeout }, async () => {
    const { trainer, training, registry, folder, jobEnv } = await openTrainingPlatform();
    await trainer.close(); // Jobs are started here
    const spec = { dataset: 'blood', backbone: 'tiny', seed: 3, settings };
    const { id } = (await training.submitTraining({ requestId: 'move', spec })).run!;
    // No file is shared: even the store is reached through the services.
    const onMachine = (name: string) =>
      startNode([program, 'job', '--run', id], {
        env: { ...jobEnv(join(folder, name)), MEDLEGO_STORE: 'service' },
      });
    const first = onMachine('first');
    await first.waitFor(new RegExp(middle.source, 'm'));
    expect(await first.kill('SIGTERM')).toMatchObject({ code: 75 });
    const waiting = await registry.runs.get(id);
    expect(waiting).toMatchObject({
      state: 'queued',
      attempts: 1,
      progress: { checkpoint: expect.stringMatching(/^sha256:/) },
    });
    const { code, stdout } = await onMachine('second').ended;
    expect(stdout).toMatch(/^Going on from epoch/m);
    expect(code).toBe(0);
    expect(await registry.runs.get(id)).toMatchObject({ state: 'succeeded', attempts: 2, artifact: expected });
    expect((await onMachine('third').ended).code).toBe(0); // nothing is left to do
    expect((await registry.runs.get(id)).attempts).toBe(2);
  });

  it('fails at once, with the reason, where the same would come again', { timeout }, async () => {
    const { trainer, training, until, store } = await openTrainingPlatform();
    trainer.start();
    const { digest } = await describeDataset(store, tinyData('knee'));
    const specs = {
      images: { dataset: digest, backbone: 'tiny' },
      setting: { dataset: 'blood', backbone: 'tiny', settings: { epoch: '3' } },
      value: { dataset: 'blood', backbone: 'tiny', settings: { epochs: '1', lr: '-1' } },
    };
    const runs = Object.entries(specs).map(([requestId, spec]) => training.submitTraining({ requestId, spec }));
    const ends = await Promise.all(runs.map(async (run) => until((await run).run!.id, ({ state }) => isFinal(state))));
    expect(ends.map(({ state, attempts, error }) => ({ state, attempts, code: error?.code }))).toEqual(
      ends.map(() => ({ state: RunState.RUN_STATE_FAILED, attempts: 1, code: 'invalid_value' })),
    );
    expect(ends[0]!.error!.message).toContain('a description without images');
    expect(ends[1]!.error!.message).toContain('Did you mean epochs?');
    expect(ends[2]!.error!.message).toContain('settings.learningRate');
  });

  it('stops when the run is cancelled', { timeout }, async () => {
    const { trainer, training, logged, until, store } = await openTrainingPlatform();
    trainer.start();
    const spec = { dataset: 'blood', backbone: 'tiny', settings: { ...settings, epochs: '100000' } };
    const { id } = (await training.submitTraining({ requestId: 'cancel', spec })).run!;
    await logged(id, /^epoch 2 of/);
    await training.cancelTraining({ id, reason: 'enough' });
    expect((await until(id, ({ state }) => isFinal(state))).state).toBe(RunState.RUN_STATE_CANCELLED);
    expect(await store.list({ kind: 'specialist' })).toEqual([]);
  });

  it('stops by itself when a report is answered with a cancelled run', { timeout }, async () => {
    const { trainer, training, registry, folder, jobEnv } = await openTrainingPlatform();
    await trainer.close(); // Jobs are started here
    const spec = { dataset: 'blood', backbone: 'tiny', settings: { ...settings, epochs: '100000' } };
    const { id } = (await training.submitTraining({ requestId: 'alone', spec })).run!;
    const job = startNode([program, 'job', '--run', id], { env: jobEnv(join(folder, 'alone')) });
    await job.waitFor(/^epoch 2 of/m);
    await training.cancelTraining({ id, reason: 'enough' }); // no runner sends a signal
    expect((await job.ended).code).toBe(0);
    expect((await registry.runs.get(id)).attempts).toBe(1);
  });

  it('begins anew where no checkpoint can be read', { timeout }, async () => {
    const { trainer, training, registry, folder, jobEnv, store } = await openTrainingPlatform();
    await trainer.close();
    const spec = { dataset: 'blood', backbone: 'tiny', settings: { epochs: '1' } };
    const { id } = (await training.submitTraining({ requestId: 'damaged', spec })).run!;
    const home = join(folder, 'damaged');
    const checkpoints = join(home, 'runs', id);
    await mkdir(checkpoints, { recursive: true });
    for (const name of ['checkpoint', 'checkpoint.previous'])
      await writeFile(join(checkpoints, `${name}.safetensors`), 'damaged');
    const lines: string[] = [];
    const options = { argv: ['job', '--run', id], env: jobEnv(home), log: (line: string) => void lines.push(line) };
    expect(await trainJob(options)).toBe(0);
    expect(lines).toContainEqual(expect.stringMatching(/^Beginning anew: .*no checkpoint can be read/));
    const { artifact } = await registry.runs.get(id);
    expect((await store.get('blood', { kind: 'specialist' })).digest).toBe(artifact);
    expect(await readdir(join(home, 'runs'))).toEqual([]);
  });
});

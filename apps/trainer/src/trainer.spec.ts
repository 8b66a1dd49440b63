import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectBus } from '@medlego/bus';
import { RunState, TrainingDefinition, type ReportRunRequest, type Run } from '@medlego/contracts/rpc';
import { createLocalJobRunner } from '@medlego/jobs';
import { openRegistry } from '@medlego/registry';
import { temporaryFolder } from '@medlego/testing';
import { storeTinySpecialists, tinyTask } from '@medlego/workflows/testing';
import { createChannel, createClient, createServer } from 'nice-grpc';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTrainer, type Trainer } from './trainer.ts';

const script = fileURLToPath(new URL('./testing/reporting-job.ts', import.meta.url));

/** Replicas over one registry, bus, store and job runner; the first one serves gRPC. */
async function platform(mode: string, replicas = 1) {
  const folder = temporaryFolder();
  const starts = join(folder, 'starts');
  await writeFile(starts, '');
  const store = await storeTinySpecialists(join(folder, 'store'), ['blood']);
  const task = tinyTask('blood');
  const config = { digest: 'sha256:0' };
  const creator = { name: 'test', version: '1' };
  await store.put({ kind: 'dataset', tasks: [task], files: {}, config, licences: ['CC0'], creator }, { name: 'blood' });
  const [backbone] = await store.list({ kind: 'backbone' });
  const artifact = (await store.get('blood', { kind: 'specialist' })).digest;
  const bus = await connectBus({ kind: 'in-process', source: 'test' });
  const registry = await openRegistry({ kind: 'memory' });
  const jobs = await createLocalJobRunner({
    folder: join(folder, 'jobs'),
    cores: 4,
    memoryMb: 4096,
    retryDelayMs: 20,
    command: ({ args }) => ({ file: process.execPath, args: [script, ...args] }),
  });
  const server = createServer();
  const env: Record<string, string> = { MODE: mode, ARTIFACT: artifact, STARTS: starts };
  const problems: unknown[] = [];
  const trainers = Array.from({ length: replicas }, (): Trainer =>
    createTrainer({
      bus,
      registry,
      store,
      jobs,
      job: { env, resources: { cores: 1, memoryMb: 128, gpus: 0 }, graceSeconds: 5, maxAttempts: 2 },
      onProblem: (error) => problems.push(error),
    }),
  );
  server.add(TrainingDefinition, trainers[0]!.service);
  env['MEDLEGO_ADDRESS'] = `127.0.0.1:${await server.listen('127.0.0.1:0')}`;
  const channel = createChannel(env['MEDLEGO_ADDRESS']);
  const training = createClient(TrainingDefinition, channel);
  const seen: string[] = [];
  const types = [
    'run.requested',
    'run.started',
    'run.succeeded',
    'run.failed',
    'run.cancelled',
    'specialist.published',
  ];
  const subscription = await bus.consume({
    durable: 'test-all',
    types: types as ['run.requested'],
    handler: async ({ id }) => void seen.push(id),
  });
  onTestFinished(async () => {
    await Promise.all(trainers.map((trainer) => trainer.close()));
    await subscription.stop();
    await jobs.close({ jobs: 'stop' });
    channel.close();
    await server.shutdown();
    await bus.close();
    await registry.close();
    expect(problems).toEqual([]);
  });

  const spec = { dataset: 'blood', backbone: backbone!.digest };
  const until = async (id: string, isThere: (run: Run) => boolean): Promise<Run> => {
    for await (const { run } of training.watchTrainings({ filter: { ids: [id] } })) if (isThere(run!)) return run!;
    throw new Error('the watch ended');
  };
  const inState = (id: string, state: RunState) => until(id, (run) => run.state === state);
  const eventually = (check: () => void) => expect.poll(() => (check(), true), { timeout: 10_000 }).toBe(true);
  return { trainers, training, registry, starts, spec, artifact, seen, until, inState, eventually };
}

const timeout = 30_000;

describe('trainer', () => {
  it('takes a run to its specialist, and says each thing once', { timeout }, async () => {
    const { trainers, training, registry, spec, artifact, seen, inState, eventually } = await platform('succeed', 2);
    for (const trainer of trainers) trainer.start();
    const { run } = await training.submitTraining({ requestId: 'r1', spec });
    expect((await training.submitTraining({ requestId: 'r1', spec })).run!.id).toBe(run!.id);
    const { id } = run!;
    const done = await inState(id, RunState.RUN_STATE_SUCCEEDED);
    expect(done).toMatchObject({ artifact, attempts: 1, name: 'blood', progress: { fraction: 1, lastLoss: 0.25 } });
    const expected = [`${id}-requested`, `${id}-started-1`, `${id}-published`, `${id}-succeeded`];
    await eventually(() => expect(seen).toEqual(expected));
    expect((await registry.names.get('specialist', 'blood')).versions).toHaveLength(1);
    const lines: string[] = [];
    for await (const { text } of training.watchTrainingLogs({ id })) lines.push(text);
    expect(lines).toEqual(['attempt 1']);
  });

  it('starts each of many runs exactly once with two replicas', { timeout }, async () => {
    const { trainers, training, starts, spec, inState } = await platform('succeed', 2);
    for (const trainer of trainers) trainer.start();
    const seeds = Array.from({ length: 12 }, (_, seed) => seed);
    const { runs } = await training.submitSweep({ requestId: 'many', base: spec, seeds });
    await Promise.all(runs.map(({ id }) => inState(id, RunState.RUN_STATE_SUCCEEDED)));
    const started = (await readFile(starts, 'utf8')).trim().split('\n');
    expect(started.sort()).toEqual(runs.map(({ id }) => id).sort());
  });

  it('records a sweep of which one data set is missing, and trains the rest', { timeout }, async () => {
    const { trainers, training, spec, inState } = await platform('succeed');
    trainers[0]!.start();
    const request = {
      requestId: 's',
      base: spec,
      datasets: ['gone', 'blood'],
      settings: { lr: { values: ['1', '2'] } },
    };
    const { runs } = await training.submitSweep(request);
    expect(runs.map(({ error }) => error?.code)).toEqual([
      'artifact_not_found',
      'artifact_not_found',
      undefined,
      undefined,
    ]);
    for (const { id } of runs.slice(2)) await inState(id, RunState.RUN_STATE_SUCCEEDED);
    expect((await training.submitSweep(request)).runs.map(({ id }) => id)).toEqual(runs.map(({ id }) => id));
  });

  it('cancels a run that waits and one that works', { timeout }, async () => {
    const { trainers, training, spec, seen, inState, eventually } = await platform('wait');
    const waiting = (await training.submitTraining({ requestId: 'w', spec })).run!.id;
    await training.cancelTraining({ id: waiting, reason: 'no' });
    trainers[0]!.start();
    await inState(waiting, RunState.RUN_STATE_CANCELLED);
    const working = (await training.submitTraining({ requestId: 'x', spec })).run!.id;
    await inState(working, RunState.RUN_STATE_RUNNING);
    await training.cancelTraining({ id: working, reason: 'no' });
    await inState(working, RunState.RUN_STATE_CANCELLED);
    await eventually(() => expect(seen).toContain(`${working}-cancelled`));
    expect((await training.cancelTraining({ id: working })).run!.state).toBe(RunState.RUN_STATE_CANCELLED);
  });

  it('takes up what a trainer before left, and goes on after a preempted attempt', { timeout }, async () => {
    const { trainers, training, spec, artifact, inState } = await platform('preempt-once', 2);
    const { id } = (await training.submitTraining({ requestId: 'p', spec })).run!;
    await trainers[0]!.close();
    trainers[1]!.start();
    const done = await inState(id, RunState.RUN_STATE_SUCCEEDED);
    expect(done).toMatchObject({ attempts: 2, progress: { checkpoint: artifact } });
  });

  it('fails a run whose job ends without a result', { timeout }, async () => {
    const { trainers, training, spec, inState } = await platform('silent');
    trainers[0]!.start();
    const { id } = (await training.submitTraining({ requestId: 'q', spec })).run!;
    expect((await inState(id, RunState.RUN_STATE_FAILED)).error?.code).toBe('job_ended');
  });

  it('takes no news from an attempt that is over', { timeout }, async () => {
    const { trainers, training, spec, artifact } = await platform('silent');
    await trainers[0]!.close();
    const { id } = (await training.submitTraining({ requestId: 'z', spec })).run!;
    const report = async (attempt: number, change: ReportRunRequest['change']) =>
      (await training.reportRun({ id, attempt, change })).run!;
    const succeeded = { $case: 'succeeded', value: { artifact } } as const;
    const failed = { $case: 'failed', value: { code: 'x', message: 'm', factsJson: '{}' } } as const;
    await report(1, { $case: 'started', value: {} });
    const waiting = await report(1, { $case: 'preempted', value: { checkpoint: '' } });
    for (const change of [succeeded, failed]) expect(await report(1, change)).toEqual(waiting);
    const second = await report(2, { $case: 'started', value: {} });
    for (const change of [succeeded, failed]) expect(await report(1, change)).toEqual(second);
    expect(await report(2, succeeded)).toMatchObject({ state: RunState.RUN_STATE_SUCCEEDED, artifact });
  });
});

import { connectBus } from '@medlego/bus';
import { AbortedError, InvalidValueError, RemoteStoreError } from '@medlego/errors';
import { openRegistry, type RunState } from '@medlego/registry';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunExecutorOptions } from './executor-options.ts';
import { createRunExecutor } from './run-executor.ts';
import { submitRun } from './submit-run.ts';

const digest = `sha256:${'1'.repeat(64)}`;

/** A registry and a bus; executors over them are closed when the test ends. */
async function platform() {
  const bus = await connectBus({ kind: 'in-process', source: 'test' });
  const registry = await openRegistry({ kind: 'memory' });
  const seen: string[] = [];
  const subscription = await bus.consume({
    durable: 'test-all',
    types: ['run.started', 'run.succeeded', 'run.failed', 'run.cancelled'],
    handler: async ({ id }) => void seen.push(id),
  });
  const problems: unknown[] = [];
  onTestFinished(async () => {
    await subscription.stop();
    await bus.close();
    await registry.close();
  });
  const open = (execute: RunExecutorOptions['execute'], options: Partial<RunExecutorOptions> = {}) => {
    const onProblem = (error: unknown) => problems.push(error);
    const executor = createRunExecutor({ kind: 'merging', bus, registry, execute, onProblem, ...options });
    onTestFinished(() => executor.close());
    executor.start();
    return executor;
  };
  const submit = async (requestId: string) =>
    (await submitRun({ kind: 'merging', requestId, name: 'g', spec: {} }, { bus, registry })).id;
  const inState = async (id: string, state: RunState) => {
    const signal = AbortSignal.timeout(20_000);
    for await (const run of registry.runs.watch({ ids: [id] }, { signal })) if (run.state === state) return run;
    throw new Error(`${id} is ${(await registry.runs.get(id)).state}, not ${state}`);
  };
  const eventually = (check: () => void) => expect.poll(() => (check(), true), { timeout: 15_000 }).toBe(true);
  return { bus, registry, seen, problems, open, submit, inState, eventually };
}

/** Work that lasts until it is stopped, and says when it has begun. */
function endless() {
  const begun = Promise.withResolvers<void>();
  const execute: RunExecutorOptions['execute'] = (_run, { signal }) => {
    begun.resolve();
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(new AbortedError({ what: 'The work' }))),
    );
  };
  return { execute, begun: begun.promise };
}

describe('createRunExecutor', () => {
  it('computes each run once with two replicas, and tells of it once', async () => {
    const { seen, open, submit, inState, eventually } = await platform();
    const computed: string[] = [];
    const execute: RunExecutorOptions['execute'] = async ({ id }, { progress }) => {
      computed.push(id);
      await progress({ fraction: 0.5 });
      return digest;
    };
    open(execute);
    open(execute);
    const ids = await Promise.all(Array.from({ length: 20 }, (_, i) => submit(`r${i}`)));
    await Promise.all(ids.map((id) => inState(id, 'succeeded')));
    expect(computed.toSorted()).toEqual(ids.toSorted());
    const events = ids.flatMap((id) => [`${id}-started-1`, `${id}-succeeded`]);
    await eventually(() => expect(seen.toSorted()).toEqual(events.toSorted()));
  });

  it('computes no more at a time than it may, and what was left waiting after that', async () => {
    const { open, submit, inState } = await platform();
    const ids = await Promise.all(Array.from({ length: 9 }, (_, i) => submit(`r${i}`)));
    let [now, most] = [0, 0];
    open(
      async () => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
        return digest;
      },
      { concurrency: 2 },
    );
    await Promise.all(ids.map((id) => inState(id, 'succeeded')));
    expect(most).toBe(2);
  });

  it('cancels a run that waits and one that is being computed', async () => {
    const { registry, open, submit, inState } = await platform();
    const [works, waits] = [await submit('a'), await submit('b')];
    const { execute, begun } = endless();
    open(execute);
    await begun;
    for (const id of [waits, works]) await registry.runs.change(id, { type: 'request-cancel', reason: 'no' });
    await inState(works, 'cancelled');
    await inState(waits, 'cancelled');
  });

  it('hands a run on when it closes, and takes one up whose replica shows no life', async () => {
    const { registry, open, submit, inState } = await platform();
    const id = await submit('a');
    const first = endless();
    const closing = open(first.execute);
    await first.begun;
    await closing.close();
    expect(await registry.runs.get(id)).toMatchObject({ state: 'queued', attempts: 1 });
    await registry.runs.change(id, { type: 'start', attempt: 2 }); // by a process that ends at once
    open(async () => digest, { leaseMs: 100 });
    expect(await inState(id, 'succeeded')).toMatchObject({ attempts: 3 });
  });

  it('leaves a run alone whose replica shows life', async () => {
    const { registry, open, submit, inState } = await platform();
    const id = await submit('a');
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    open(async () => (begun.resolve(), await go.promise, digest), { leaseMs: 3000 });
    await begun.promise;
    const taken: string[] = [];
    open(async (run) => (taken.push(run.id), digest), { leaseMs: 3000 });
    let signs = 0; // one a second: the fourth comes after the lease would be over
    for await (const _ of registry.runs.watch({ ids: [id] })) if (++signs > 4) break;
    go.resolve();
    expect(await inState(id, 'succeeded')).toMatchObject({ attempts: 1 });
    expect(taken).toEqual([]);
  });

  it('gives a run up that ended its process again and again', async () => {
    const { registry, open, submit, inState } = await platform();
    const id = await submit('a');
    for (const attempt of [1, 2]) await registry.runs.change(id, { type: 'start', attempt });
    open(async () => digest, { leaseMs: 50, maxAttempts: 2 });
    expect((await inState(id, 'failed')).error).toMatchObject({ code: 'job_ended' });
  });

  it('fails a run with its own error, hides what is a bug, and waits out an outage', async () => {
    const { problems, open, submit, inState } = await platform();
    const [wrong, bug, outage] = [await submit('wrong'), await submit('bug'), await submit('outage')];
    const broken = new Error('oops');
    let tries = 0;
    open(
      async ({ id }) => {
        if (id === wrong) throw new InvalidValueError({ field: 'x', expected: 'y', actual: 'z' });
        if (id === bug) throw broken;
        if (++tries < 3) throw new RemoteStoreError({ location: 's3', operation: 'get', reason: 'down' });
        return digest;
      },
      { concurrency: 3 },
    );
    expect((await inState(wrong, 'failed')).error).toMatchObject({ code: 'invalid_value', facts: { field: 'x' } });
    expect((await inState(bug, 'failed')).error).toMatchObject({ code: 'unexpected' });
    expect(problems).toEqual([broken]);
    expect(await inState(outage, 'succeeded')).toMatchObject({
      attempts: 1,
      progress: { message: expect.stringContaining('s3') as string },
    });
  });

  it('repeats what follows from the end of a run until it succeeds', async () => {
    const { problems, seen, open, submit, eventually } = await platform();
    let tries = 0;
    const before = async () => {
      if (++tries === 1) throw new RemoteStoreError({ location: 's3', operation: 'get', reason: 'down' });
    };
    open(async () => digest, { before, everyMs: 50 });
    const id = await submit('a');
    await eventually(() => expect(seen).toContain(`${id}-succeeded`));
    expect([tries, problems.length]).toEqual([2, 1]);
  });
});

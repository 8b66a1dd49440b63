import { describe, expect, it } from 'vitest';
import { hasEnded, type JobRunner, type JobState, type JobStatus } from '../job-runner.ts';
import type { JobSpec } from '../job-spec.ts';

export interface JobRunnerSuite {
  /** A runner whose jobs run `node` with the job's arguments; closed when the running test ends. */
  readonly open: () => Promise<JobRunner>;
  /** How long one job may take from submission to its end. */
  readonly patienceMs: number;
}

let made = 0;
const run = Date.now().toString(36);

/** A job that runs JavaScript under `node`, with a name of its own. */
export function nodeJob(script: string, changes: Partial<JobSpec> = {}): JobSpec {
  return {
    name: `job-${run}-${process.pid}-${++made}`,
    app: 'trainer',
    args: ['-e', script],
    env: {},
    resources: { cores: 0.1, memoryMb: 64, gpus: 0 },
    priority: 0,
    labels: {},
    graceSeconds: 5,
    maxAttempts: 2,
    ...changes,
  };
}

/** Waits until a job has one of the states. */
export async function statusWhen(
  runner: JobRunner,
  name: string,
  states: readonly JobState[] | 'ended',
  patienceMs: number,
): Promise<JobStatus> {
  for await (const status of runner.watch({ signal: AbortSignal.timeout(patienceMs) })) {
    if (status.name !== name) continue;
    if (states === 'ended' ? hasEnded(status.state) : states.includes(status.state)) return status;
  }
  const last = await runner.get(name);
  throw new Error(`${name} is ${last.state} (${last.reason}) after ${patienceMs} ms, not ${String(states)}`);
}

/** What every JobRunner does. */
export function describeJobRunner(title: string, { open, patienceMs }: JobRunnerSuite): void {
  const ended = async (runner: JobRunner, spec: JobSpec) => {
    await runner.submit(spec);
    return statusWhen(runner, spec.name, 'ended', patienceMs);
  };
  const textOf = async (runner: JobRunner, name: string, index = 0) => {
    const lines: string[] = [];
    for await (const { text } of runner.logs(name, { follow: true, index })) lines.push(text);
    return lines;
  };

  describe(title, () => {
    it('runs a job to its end and keeps what it said, by line', async () => {
      const runner = await open();
      const spec = nodeJob('console.log("one");console.log("two " + process.env.WORD);console.log("three")', {
        env: { WORD: 'x y' },
        labels: { run: 'a' },
      });
      const status = await ended(runner, spec);
      expect(status).toMatchObject({
        state: 'succeeded',
        exitCode: 0,
        attempt: 1,
        labels: { run: 'a' },
        present: true,
      });
      expect(status.endedAt).toBeGreaterThanOrEqual(status.startedAt!);
      const lines = [];
      for await (const line of runner.logs(spec.name, { afterLine: 1 })) lines.push(line);
      expect(lines).toEqual([
        { line: 2, text: 'two x y' },
        { line: 3, text: 'three' },
      ]);
    });

    it('takes a name once', async () => {
      const runner = await open();
      const spec = nodeJob('console.log(process.pid)');
      const [first, second] = await Promise.all([runner.submit(spec), runner.submit(spec)]);
      expect(second.name).toBe(first.name);
      await statusWhen(runner, spec.name, 'ended', patienceMs);
      expect((await runner.submit(spec)).state).toBe('succeeded');
      expect(await textOf(runner, spec.name)).toHaveLength(1);
    });

    it('fails at once for a bad request, and after its attempts for other failures', async () => {
      const runner = await open();
      const refused = await ended(runner, nodeJob('process.exit(64)', { maxAttempts: 5 }));
      expect(refused).toMatchObject({ state: 'failed', exitCode: 64, attempt: 1 });
      expect(refused.reason).toContain('refused its input');
      const failed = await ended(runner, nodeJob('console.log("try");process.exit(3)', { maxAttempts: 2 }));
      expect(failed).toMatchObject({ state: 'failed', exitCode: 3 });
    });

    it('cancels what runs, giving it time to stop, and leaves what has ended as it is', async () => {
      const runner = await open();
      const spec = nodeJob(
        'process.on("SIGTERM",()=>{console.log("bye");process.exit(75)});console.log("here");setInterval(()=>{},1000)',
      );
      await runner.submit(spec);
      for await (const { text } of runner.logs(spec.name, { follow: true })) if (text === 'here') break;
      await runner.cancel(spec.name);
      expect(await statusWhen(runner, spec.name, 'ended', patienceMs)).toMatchObject({ state: 'cancelled' });
      expect((await runner.cancel(spec.name)).state).toBe('cancelled');
    });

    it('runs the tasks of a sweep apart, so that one that fails sinks no other', async () => {
      const runner = await open();
      const spec = nodeJob(
        'const i=process.env.JOB_COMPLETION_INDEX;console.log("task",i);process.exit(i==="1"?64:0)',
        {
          completions: 3,
        },
      );
      const status = await ended(runner, spec);
      expect(status.state).toBe('failed');
      expect(status.tasks.map(({ state }) => state)).toEqual(['succeeded', 'failed', 'succeeded']);
      expect(status.reason).toContain('1 of 3 failed');
      expect(await textOf(runner, spec.name, 2)).toEqual(['task 2']);
    });

    it('lists by labels, removes for good and says so to watchers', async () => {
      const runner = await open();
      const labels = { group: `g${++made}-${run}` };
      const spec = nodeJob('0', { labels });
      await ended(runner, spec);
      expect((await runner.list({ labels })).map(({ name }) => name)).toEqual([spec.name]);
      expect(await runner.list({ labels: { group: 'other' } })).toEqual([]);
      const gone = (async () => {
        for await (const status of runner.watch({ labels, signal: AbortSignal.timeout(patienceMs) }))
          if (!status.present) return status.name;
        return undefined;
      })();
      await runner.remove(spec.name);
      expect(await gone).toBe(spec.name);
      await expect(runner.get(spec.name)).rejects.toMatchObject({ code: 'job_not_found' });
      await runner.remove(spec.name);
    });

    it('refuses a specification with the name of the field', async () => {
      const runner = await open();
      await expect(runner.submit(nodeJob('0', { name: '../up' }))).rejects.toMatchObject({
        code: 'invalid_value',
        facts: { field: 'job name' },
      });
      await expect(runner.cancel('nothing-here')).rejects.toMatchObject({ code: 'job_not_found' });
    });
  });
}

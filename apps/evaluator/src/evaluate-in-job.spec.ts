import { createLocalJobRunner, type JobRunner } from '@medlego/jobs';
import { temporaryFolder } from '@medlego/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { evaluateInJob } from './evaluate-in-job.ts';
import { toLine, type JobSaying } from './job-lines.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const run = { id: 'evaluation-0123456789abcdef', attempts: 1, spec: null };

/** A Job that says these lines and ends so: a process of its own, without an evaluation in it. */
async function evaluatorOf(sayings: readonly JobSaying[], { code = 0, lasts = false } = {}) {
  const lines = ['something else', ...sayings.map(toLine)].map((line) => `console.log(${JSON.stringify(line)});`);
  const program = `${lines.join('')}${lasts ? 'setInterval(()=>{},1000)' : `process.exitCode=${code}`}`;
  const jobs: JobRunner = await createLocalJobRunner({
    ...{ folder: temporaryFolder(), cores: 1, memoryMb: 512, retryDelayMs: 20 },
    command: () => ({ file: process.execPath, args: ['-e', program] }),
  });
  onTestFinished(() => jobs.close({ jobs: 'stop' }));
  const resources = { cores: 1, memoryMb: 64, gpus: 0 };
  const evaluate = evaluateInJob({ jobs, job: { env: {}, resources, graceSeconds: 5, maxAttempts: 1 } });
  const stop = new AbortController();
  const news: unknown[] = [];
  const progress = (said: unknown) => Promise.resolve(void news.push(said));
  return { jobs, stop, news, result: evaluate(run, { signal: stop.signal, progress }) };
}

it('gives what the Job made, and passes on how far it is', async () => {
  const half = { progress: { fraction: 0.5, message: 'blood' } };
  const { result, news } = await evaluatorOf([half, { artifact: digest }]);
  expect(await result).toBe(digest);
  expect(news).toEqual([half.progress]);
});

it('fails with the error that the Job met, if it would come again', async () => {
  const error = { code: 'dataset_not_found', message: 'There is none.', facts: { ref: 'blood' } };
  await expect((await evaluatorOf([{ error }], { code: 64 })).result).rejects.toMatchObject(error);
});

it('fails with how the Job ended, if it said nothing', async () => {
  await expect((await evaluatorOf([], { code: 1 })).result).rejects.toMatchObject({
    code: 'job_ended',
    facts: { run: run.id, exitCode: 1 },
  });
});

it('stops the Job when it is stopped', async () => {
  const { result, stop, jobs } = await evaluatorOf([], { lasts: true });
  const state = async () => (await jobs.list())[0]?.state;
  await vi.waitFor(async () => expect(await state()).toBe('running'), { timeout: 20_000 });
  stop.abort();
  await expect(result).rejects.toThrow();
  await vi.waitFor(async () => expect(await state()).toBe('cancelled'), { timeout: 20_000 });
});

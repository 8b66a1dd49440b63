import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startNode } from '@medlego/testing';
import { storeTinySpecialists } from '@medlego/workflows/testing';
import { describe, expect, it } from 'vitest';
import { openTrainingPlatform } from './testing/platform.ts';

const script = fileURLToPath(new URL('./testing/scripted-job.ts', import.meta.url));

/** A run whose Job is started here, without a runner. */
async function runOf(mode: string) {
  const platform = await openTrainingPlatform();
  await platform.trainer.close();
  const specialists = await storeTinySpecialists(join(platform.folder, 'store'), ['done']);
  const { digest } = await specialists.get('done', { kind: 'specialist' });
  const spec = { dataset: 'blood', backbone: 'tiny' };
  const { id } = (await platform.training.submitTraining({ requestId: mode, spec })).run!;
  const done = join(platform.folder, 'done');
  const env = { ...platform.jobEnv(), MODE: mode, DONE: done, ARTIFACT: digest };
  return {
    ...platform,
    id,
    digest,
    start: () => startNode([script, 'job', '--run', id], { env }),
    finish: () => writeFile(done, ''),
    state: () => platform.registry.runs.get(id),
  };
}

describe('the life of a Job', { timeout: 60_000 }, () => {
  it('goes on while the services are away, and reports its end when they are back', async () => {
    const { start, finish, state, goAway, digest } = await runOf('work');
    const job = start();
    await job.waitFor(/^working$/m);
    const comeBack = await goAway();
    await finish();
    await job.waitFor(/^done$/m);
    expect(await state()).toMatchObject({ state: 'running' });
    await comeBack();
    const { code, stdout } = await job.ended;
    expect(stdout).toMatch(/^cleaned up$/m);
    expect(code).toBe(0);
    expect(await state()).toMatchObject({ state: 'succeeded', artifact: digest, attempts: 1 });
  });

  it('waits for services that are not there yet', async () => {
    const { start, finish, state, goAway } = await runOf('early');
    const comeBack = await goAway();
    const job = start();
    await finish();
    await job.waitFor(/^Waiting for the services/m);
    await comeBack();
    expect((await job.ended).code).toBe(0);
    expect(await state()).toMatchObject({ state: 'succeeded' });
  });

  it('leaves a failure that may not come again to the next attempt, and says what it was', async () => {
    const { start, state } = await runOf('bug');
    const { code, stdout } = await start().ended;
    expect(code).toBe(1);
    expect(stdout).toContain('nobody expected this');
    expect(await state()).toMatchObject({ state: 'running', attempts: 1, error: null });
    expect((await state()).progress.message).toMatch(/^attempt 1 failed: .*nobody expected this/);
  });

  it('gives way to a later attempt', async () => {
    const { start, id, registry, state } = await runOf('late');
    const job = start();
    await job.waitFor(/^working$/m);
    await registry.runs.change(id, { type: 'queue', afterAttempt: 1 });
    await registry.runs.change(id, { type: 'start', attempt: 2 });
    expect((await job.ended).code).toBe(75);
    expect(await state()).toMatchObject({ state: 'running', attempts: 2 });
  });

  it('is preempted by a signal, and started again', async () => {
    const { start, finish, state } = await runOf('signal');
    const job = start();
    await job.waitFor(/^working$/m);
    expect((await job.kill('SIGTERM')).code).toBe(75);
    expect(await state()).toMatchObject({ state: 'queued', attempts: 1 });
    await finish();
    expect((await start().ended).code).toBe(0);
    expect(await state()).toMatchObject({ state: 'succeeded', attempts: 2 });
  });

  it('refuses a run that is not there', async () => {
    const { jobEnv } = await runOf('none');
    const { code, stdout } = await startNode([script, 'job', '--run', 'training-none'], { env: jobEnv() }).ended;
    expect(code).toBe(64);
    expect(stdout).toContain('run_not_found');
  });
});

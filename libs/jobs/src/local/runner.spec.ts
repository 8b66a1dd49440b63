import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JobRunner } from '../job-runner.ts';
import { describeJobRunner, nodeJob, statusWhen } from '../testing/index.ts';
import type { LocalJobRunnerOptions } from './options.ts';
import { createLocalJobRunner } from './runner.ts';

const runnerIn = (folder: string, changes: Partial<LocalJobRunnerOptions> = {}): Promise<JobRunner> =>
  createLocalJobRunner({
    folder,
    cores: 2,
    memoryMb: 1024,
    retryDelayMs: 20,
    command: ({ args }) => ({ file: process.execPath, args }),
    ...changes,
  });

async function opened(folder = temporaryFolder(), changes: Partial<LocalJobRunnerOptions> = {}): Promise<JobRunner> {
  const runner = await runnerIn(folder, changes);
  onTestFinished(() => runner.close({ jobs: 'stop' }));
  return runner;
}

const patienceMs = 10_000;

describeJobRunner('local job runner', { open: () => opened(), patienceMs });

describe('local job runner alone', () => {
  it('starts the larger priority first, and no more than there is room for', async () => {
    const folder = temporaryFolder();
    const order = join(folder, 'order');
    await writeFile(order, '');
    const runner = await opened(folder);
    const resources = { cores: 2, memoryMb: 64, gpus: 0 };
    const note = (word: string) => `require("fs").appendFileSync(${JSON.stringify(order)}, "${word} ")`;
    const first = nodeJob(`setTimeout(()=>{${note('first')}},300)`, { resources });
    await runner.submit(first);
    const low = nodeJob(note('low'), { resources });
    const high = nodeJob(note('high'), { resources, priority: 5 });
    expect((await runner.submit(low)).reason).toBe('waits for its turn');
    await runner.submit(high);
    await statusWhen(runner, low.name, 'ended', patienceMs);
    expect(await readFile(order, 'utf8')).toBe('first high low ');
  });

  it('refuses a job that can never fit, naming the resource', async () => {
    const runner = await opened();
    const spec = nodeJob('0', { resources: { cores: 1, memoryMb: 64, gpus: 1 } });
    await expect(runner.submit(spec)).rejects.toMatchObject({ facts: { field: 'job resources.gpus', actual: 1 } });
  });

  it('gives each job GPUs of its own', async () => {
    const runner = await opened(undefined, { gpus: [4, 7] });
    const resources = { cores: 0.1, memoryMb: 64, gpus: 1 };
    const spec = nodeJob('console.log(process.env.CUDA_VISIBLE_DEVICES);setTimeout(()=>{},400)', {
      resources,
      completions: 2,
    });
    await runner.submit(spec);
    await statusWhen(runner, spec.name, 'ended', patienceMs);
    const seen: string[] = [];
    for (const index of [0, 1]) for await (const { text } of runner.logs(spec.name, { index })) seen.push(text);
    expect(seen).toEqual(['4', '7']);
  });

  it('starts a job that stopped resumably again without counting it', async () => {
    const folder = temporaryFolder();
    const runner = await opened(folder);
    const marker = JSON.stringify(join(folder, 'marker'));
    const spec = nodeJob(
      `const fs=require("fs");const n=fs.existsSync(${marker})?fs.readFileSync(${marker}).length:0;` +
        `fs.appendFileSync(${marker},"x");process.exit(n<3?75:0)`,
      { maxAttempts: 1 },
    );
    await runner.submit(spec);
    expect(await statusWhen(runner, spec.name, 'ended', patienceMs)).toMatchObject({ state: 'succeeded', attempt: 1 });
    expect(await readFile(join(folder, 'marker'), 'utf8')).toBe('xxxx');
  });

  it('forces a job that does not stop in its grace time, with all that it started', async () => {
    const runner = await opened();
    const child = '["-e","process.on(\\"SIGTERM\\",()=>{});console.log(process.pid);setInterval(()=>{},1e3)"]';
    const spec = nodeJob(
      `process.on("SIGTERM",()=>{});require("child_process").spawn(process.execPath,${child},{stdio:"inherit"});setInterval(()=>{},1e3)`,
      { graceSeconds: 1 },
    );
    await runner.submit(spec);
    let grandchild = 0;
    for await (const { text } of runner.logs(spec.name, { follow: true })) {
      grandchild = Number(text);
      break;
    }
    await runner.cancel(spec.name);
    const status = await statusWhen(runner, spec.name, 'ended', patienceMs);
    expect(status).toMatchObject({ state: 'cancelled', exitCode: 137 });
    await expect.poll(() => isAlive(grandchild)).toBe(false);
  });

  it('keeps the environment of the service from its jobs', async () => {
    process.env['SERVICE_SECRET'] = 'hidden';
    onTestFinished(() => void delete process.env['SERVICE_SECRET']);
    const runner = await opened();
    const spec = nodeJob('console.log(Object.keys(process.env).includes("SERVICE_SECRET"), !!process.env.PATH)');
    await runner.submit(spec);
    await statusWhen(runner, spec.name, 'ended', patienceMs);
    for await (const { text } of runner.logs(spec.name)) expect(text).toBe('false true');
  });

  it('says why a program could not be started', async () => {
    const runner = await opened(undefined, { command: () => ({ file: '/nowhere/program', args: [] }) });
    const spec = nodeJob('0', { maxAttempts: 1 });
    await runner.submit(spec);
    expect(await statusWhen(runner, spec.name, 'ended', patienceMs)).toMatchObject({ state: 'failed', exitCode: 127 });
  });

  it('stops jobs at closing if asked to, and goes on with them at the next start', async () => {
    const folder = temporaryFolder();
    const first = await runnerIn(folder);
    const marker = JSON.stringify(join(folder, 'stopped'));
    const spec = nodeJob(
      `const fs=require("fs");if(fs.existsSync(${marker}))process.exit(0);` +
        `process.on("SIGTERM",()=>{fs.writeFileSync(${marker},"");process.exit(75)});console.log("ready");setInterval(()=>{},1e3)`,
      { maxAttempts: 1 },
    );
    await first.submit(spec);
    for await (const { text } of first.logs(spec.name, { follow: true })) if (text === 'ready') break;
    await first.close({ jobs: 'stop' });
    await expect(first.submit(nodeJob('0'))).rejects.toMatchObject({ code: 'job_runner_closed' });
    const second = await opened(folder);
    expect(await statusWhen(second, spec.name, 'ended', patienceMs)).toMatchObject({ state: 'succeeded', attempt: 1 });
  });

  it('follows jobs further after its process was killed, and runs none of them twice', async () => {
    const folder = temporaryFolder();
    const starts = join(folder, 'starts');
    await writeFile(starts, '');
    const note = `require("fs").appendFileSync(${JSON.stringify(starts)}, process.env.WHO + " ")`;
    const jobs = [
      nodeJob(`${note};setTimeout(()=>{console.log("end")},1500)`, { env: { WHO: 'long' } }),
      nodeJob(`${note};setTimeout(()=>process.exit(64),300)`, { env: { WHO: 'short' } }),
      nodeJob(note, { env: { WHO: 'waiting' }, resources: { cores: 2, memoryMb: 64, gpus: 0 } }),
    ];
    const parent = spawn(process.execPath, [join(import.meta.dirname, '../testing/submit-jobs.ts'), folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    parent.stdin.end(JSON.stringify(jobs));
    await new Promise((resolve) => parent.stdout.once('data', resolve));
    await expect.poll(() => readFile(starts, 'utf8'), { timeout: patienceMs }).toMatch(/(long|short) (long|short) /u);
    const killed = new Promise((resolve) => parent.once('exit', resolve));
    parent.kill('SIGKILL');
    await killed;
    await sleep(500); // the short one ends while nobody watches
    const runner = await opened(folder);
    expect((await runner.get(jobs[0]!.name)).state).toBe('running');
    expect(await statusWhen(runner, jobs[1]!.name, 'ended', patienceMs)).toMatchObject({
      state: 'failed',
      exitCode: 64,
    });
    expect(await statusWhen(runner, jobs[0]!.name, 'ended', patienceMs)).toMatchObject({
      state: 'succeeded',
      attempt: 1,
    });
    expect(await statusWhen(runner, jobs[2]!.name, 'ended', patienceMs)).toMatchObject({
      state: 'succeeded',
      attempt: 1,
    });
    expect((await readFile(starts, 'utf8')).split(' ').sort().join(' ')).toBe(' long short waiting');
  });

  it(
    'runs each job once though its process is killed again and again at any instant',
    { timeout: 50_000 },
    async () => {
      const folder = temporaryFolder();
      const starts = join(folder, 'starts');
      await writeFile(starts, '');
      const jobs = Array.from({ length: 12 }, (_, index) =>
        nodeJob(
          `require("fs").appendFileSync(${JSON.stringify(starts)}, process.env.WHO + " ");setTimeout(()=>{},50)`,
          {
            env: { WHO: String(index) },
            resources: { cores: 1, memoryMb: 64, gpus: 0 },
          },
        ),
      );
      for (let round = 0; round < 4; round++) {
        const parent = spawn(process.execPath, [join(import.meta.dirname, '../testing/submit-jobs.ts'), folder], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        parent.stdin.end(JSON.stringify(jobs));
        const killed = new Promise((resolve) => parent.once('exit', resolve));
        await new Promise((resolve) => parent.stdout.once('data', resolve)); // all are acknowledged
        await sleep(round * 83);
        parent.kill('SIGKILL');
        await killed;
      }
      const runner = await opened(folder);
      for (const { name } of jobs)
        expect(await statusWhen(runner, name, 'ended', 20_000)).toMatchObject({ state: 'succeeded', attempt: 1 });
      const seen = (await readFile(starts, 'utf8')).trim().split(' ').map(Number);
      expect(seen.sort((a, b) => a - b)).toEqual(jobs.map((_, index) => index));
    },
  );

  it('lets one runner at a time have a folder', async () => {
    const folder = temporaryFolder();
    await opened(folder);
    await expect(runnerIn(folder)).rejects.toMatchObject({ code: 'file_access' });
  });

  it('forgets the oldest ended jobs beyond its limit', async () => {
    const runner = await opened(undefined, { keepEnded: 1 });
    const specs = [nodeJob('0'), nodeJob('0')];
    for (const spec of specs) {
      await runner.submit(spec);
      await statusWhen(runner, spec.name, 'ended', patienceMs);
    }
    await expect.poll(async () => (await runner.list()).map(({ name }) => name)).toEqual([specs[1]!.name]);
  });
});

/** A process that was killed but not yet collected by its parent runs no more. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /u.test(stat);
}

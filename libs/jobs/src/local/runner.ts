import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '@medlego/async';
import {
  InvalidValueError,
  JobNotFoundError,
  JobQueueFullError,
  JobRunnerClosedError,
  toAppError,
} from '@medlego/errors';
import { ChangeFeed } from '../change-feed.ts';
import { judgeExit } from '../exit-policy.ts';
import {
  hasEnded,
  matchesLabels,
  type CloseOptions,
  type JobFilter,
  type JobRunner,
  type JobStatus,
  type LogLine,
  type LogOptions,
  type WatchOptions,
} from '../job-runner.ts';
import { parseJobSpec, type JobResources, type JobSpec } from '../job-spec.ts';
import { summariseTasks } from '../summarise.ts';
import { followProcess } from './follow-process.ts';
import { claimOrFind, launch } from './launch.ts';
import { readLogLines } from './log-file.ts';
import { inheritByDefault, type LocalJobRunnerOptions } from './options.ts';
import { signalGroup } from './process-identity.ts';
import { currentBoot, JobRecords, type JobRecord, type TaskRecord } from './records.ts';
import { chooseStarts, missing } from './schedule.ts';

const soonMs = 10_000;
const longestDelayMs = 60_000;

/** What this process knows of a task's process; the rest is in the records. */
interface Running {
  readonly pid: number;
  stopping?: 'cancel' | 'close';
  force?: NodeJS.Timeout;
}

/**
 * Jobs as child processes, each in a process group of its own. They outlive this process: whoever opens the folder next
 * follows those that still run and reads how the others ended. Memory and cores are counted, not enforced.
 *
 * @throws FileAccessError while another runner has the folder; InvalidValueError for limits that are not positive
 */
export async function createLocalJobRunner(options: LocalJobRunnerOptions): Promise<JobRunner> {
  for (const field of ['cores', 'memoryMb'] as const)
    if (!(options[field] > 0))
      throw new InvalidValueError({ field: `job runner ${field}`, expected: 'more than 0', actual: options[field] });
  const folder = resolve(options.folder);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 }); // the environment of jobs may hold tokens
  } catch (error) {
    throw toAppError(error, { path: folder, what: 'the folder of jobs' });
  }
  const records = await JobRecords.open(join(folder, 'jobs.journal'));
  const runner = new LocalJobRunner({ ...options, folder }, records, await currentBoot());
  await runner.adopt();
  return runner;
}

class LocalJobRunner implements JobRunner {
  readonly #options: LocalJobRunnerOptions;
  readonly #records: JobRecords;
  readonly #boot: string | undefined;
  readonly #feed = new ChangeFeed();
  readonly #running = new Map<string, Running>();
  readonly #following = new Set<Promise<void>>();
  readonly #notBefore = new Map<string, number>();
  readonly #closed = new AbortController();
  #sequence: number;
  #wake: NodeJS.Timeout | undefined;
  #draining = false;

  constructor(options: LocalJobRunnerOptions, records: JobRecords, boot: string | undefined) {
    this.#options = options;
    this.#records = records;
    this.#boot = boot;
    this.#sequence = [...records.jobs.values()].reduce((most, job) => Math.max(most, job.sequence), 0);
  }

  async submit(value: JobSpec): Promise<JobStatus> {
    const spec = parseJobSpec(value);
    this.#assertOpen(spec.name);
    const known = this.#records.jobs.get(spec.name);
    if (known) {
      await this.#records.sync(); // the one who wrote it may not have got so far
      return this.#status(this.#job(spec.name));
    }
    const lacking = missing(spec.resources, this.#capacity());
    if (lacking.length > 0) {
      const field = lacking[0]!;
      const expected = `at most ${this.#capacity()[field]} (what this machine gives to jobs)`;
      throw new InvalidValueError({ field: `job resources.${field}`, expected, actual: spec.resources[field] });
    }
    const count = spec.completions ?? 1;
    const limit = this.#options.maxQueued ?? 20_000;
    if (this.#tasks('queued').length + count > limit) throw new JobQueueFullError({ name: spec.name, limit });
    const tasks = Array.from({ length: count }, (_, index): TaskRecord => {
      return { index, state: 'queued', attempt: 1, starts: 0, soonEnded: 0, gpus: [] };
    });
    this.#records.write({ kind: 'job', job: { spec, sequence: ++this.#sequence, cancelled: false, tasks } });
    await this.#records.sync();
    this.#feed.publish(this.#status(this.#job(spec.name)));
    this.#schedule();
    return this.#status(this.#job(spec.name));
  }

  async get(name: string): Promise<JobStatus> {
    return this.#status(this.#job(name));
  }

  async list(filter?: JobFilter): Promise<JobStatus[]> {
    const jobs = [...this.#records.jobs.values()].filter(({ spec }) => matchesLabels(spec.labels, filter));
    return jobs.map((job) => this.#status(job));
  }

  watch(options: WatchOptions): AsyncIterable<JobStatus> {
    return this.#feed.watch(options, () => this.list(options));
  }

  async cancel(name: string): Promise<JobStatus> {
    const job = this.#job(name);
    if (!job.cancelled && !hasEnded(this.#status(job).state)) {
      this.#records.write({ kind: 'cancelled', name });
      await this.#records.sync();
      this.#carryOutCancel(name);
    }
    return this.#status(this.#job(name));
  }

  async *logs(name: string, options: LogOptions = {}): AsyncIterable<LogLine> {
    const index = options.index ?? 0;
    const ended = () => {
      const task = this.#records.jobs.get(name)?.tasks[index];
      return !task || hasEnded(task.state) || this.#closed.signal.aborted;
    };
    if (!this.#job(name).tasks[index])
      throw new InvalidValueError({
        field: 'index of the task',
        expected: `below ${this.#job(name).tasks.length}`,
        actual: index,
      });
    yield* readLogLines(this.#logFile(name, index), options, ended);
  }

  async remove(name: string): Promise<void> {
    if (!this.#records.jobs.has(name)) return;
    await this.cancel(name);
    const watching = new AbortController();
    for await (const status of this.#feed.watch({ signal: watching.signal }, () => this.list())) {
      if (status.name === name && (hasEnded(status.state) || !status.present)) break;
    }
    await this.#forget(name);
  }

  async close({ jobs = 'leave' }: CloseOptions = {}): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#draining = true;
    clearTimeout(this.#wake);
    if (jobs === 'stop') {
      for (const key of this.#running.keys()) this.#stop(key, 'close');
      await Promise.all(this.#following);
    }
    this.#closed.abort();
    this.#feed.close();
    await Promise.all(this.#following);
    for (const { force } of this.#running.values()) clearTimeout(force);
    await this.#records.close();
  }

  /** Finds the processes of tasks that were running when the former runner ended. */
  async adopt(): Promise<void> {
    for (const { name, task } of this.#tasks('running')) {
      const folder = this.#attemptFolder(name, task);
      const otherBoot = task.boot !== this.#boot;
      const pid = otherBoot ? undefined : await claimOrFind(folder);
      if (pid === undefined) {
        const reason = otherBoot ? 'the machine was restarted' : 'was not started before the runner ended';
        this.#update(name, task.index, { state: 'queued', reason, gpus: [] });
      } else this.#follow(name, task.index, pid, undefined);
    }
    await this.#records.sync();
    for (const { spec, cancelled } of this.#records.jobs.values()) if (cancelled) this.#carryOutCancel(spec.name);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#draining) return;
    clearTimeout(this.#wake);
    const now = this.#now();
    const ready = this.#tasks('queued').filter(
      ({ name, task }) => (this.#notBefore.get(keyOf(name, task.index)) ?? 0) <= now,
    );
    const waiting = ready.map(({ name, task }) => {
      const { spec, sequence } = this.#job(name);
      return { name, index: task.index, priority: spec.priority, sequence, resources: spec.resources };
    });
    for (const { name, index } of chooseStarts(waiting, this.#free())) this.#start(name, index);
    const next = [...this.#notBefore.values()].reduce(
      (first, at) => Math.min(first, at > now ? at : Infinity),
      Infinity,
    );
    if (next === Infinity) return;
    this.#wake = setTimeout(() => this.#schedule(), next - now + 1);
    this.#wake.unref();
  }

  #start(name: string, index: number): void {
    const { spec, tasks } = this.#job(name);
    const task = tasks[index]!;
    const taken = new Set(this.#tasks('running').flatMap((other) => other.task.gpus));
    const gpus = (this.#options.gpus ?? []).filter((id) => !taken.has(id)).slice(0, spec.resources.gpus);
    this.#notBefore.delete(keyOf(name, index));
    const now = this.#now();
    this.#update(name, index, {
      state: 'running', starts: task.starts + 1, startedAt: task.startedAt ?? now, gpus, boot: this.#boot, reason: undefined, exitCode: undefined,
    }); // prettier-ignore
    const started = this.#launch(name, index, gpus).catch((error: unknown) => {
      if (this.#closed.signal.aborted) return;
      const reason = `could not be started: ${error instanceof Error ? error.message : String(error)}`;
      this.#end(name, index, { state: 'failed', reason });
    });
    this.#remember(started);
  }

  async #launch(name: string, index: number, gpus: readonly number[]): Promise<void> {
    await this.#records.sync(); // a process that nobody knows of could be started twice
    const { spec, tasks } = this.#job(name);
    const command = this.#options.command(spec);
    const inherit = this.#options.inheritEnv ?? inheritByDefault;
    const env: Record<string, string> = {};
    for (const [key, value] of Object.entries(process.env)) if (value !== undefined && inherit(key)) env[key] = value;
    if (this.#options.gpus) env['CUDA_VISIBLE_DEVICES'] = gpus.join(',');
    Object.assign(env, command.env, spec.env);
    if (spec.completions !== undefined) env['JOB_COMPLETION_INDEX'] = String(index);
    if (this.#closed.signal.aborted || this.#job(name).cancelled) {
      if (!this.#closed.signal.aborted) this.#end(name, index, { state: 'cancelled', reason: 'cancelled' });
      return;
    }
    const folder = this.#attemptFolder(name, tasks[index]!);
    const { pid, ended } = await launch({ ...command, env, folder, logFile: this.#logFile(name, index) });
    this.#follow(name, index, pid, ended);
    if (this.#job(name).cancelled) this.#stop(keyOf(name, index), 'cancel');
    else if (this.#draining) this.#stop(keyOf(name, index), 'close');
  }

  #follow(name: string, index: number, pid: number, ended: Promise<void> | undefined): void {
    const key = keyOf(name, index);
    const running: Running = { pid };
    this.#running.set(key, running);
    const folder = this.#attemptFolder(name, this.#job(name).tasks[index]!);
    const followed = followProcess(pid, folder, ended, this.#closed.signal).then((exitCode) => {
      if (this.#closed.signal.aborted) return;
      clearTimeout(running.force);
      this.#running.delete(key);
      this.#judge(name, index, exitCode ?? 137, running.stopping);
    });
    this.#remember(followed);
  }

  #judge(name: string, index: number, exitCode: number, stopping: Running['stopping']): void {
    const { spec, tasks, cancelled } = this.#job(name);
    const task = tasks[index]!;
    const verdict = judgeExit(exitCode, task.attempt, spec.maxAttempts);
    if (verdict.next === 'succeeded') return this.#end(name, index, { state: 'succeeded', exitCode });
    if (cancelled) return this.#end(name, index, { state: 'cancelled', exitCode, reason: 'cancelled' });
    const asked = stopping === 'close' && exitCode !== 64;
    if (verdict.next === 'failed' && !asked)
      return this.#end(name, index, { state: 'failed', exitCode, reason: verdict.reason });
    const counted = !asked && verdict.next === 'again' && verdict.counted;
    const soonEnded = this.#now() - (task.startedAt ?? 0) < soonMs || counted ? task.soonEnded + 1 : 0;
    const delay = Math.min(longestDelayMs, (this.#options.retryDelayMs ?? 1000) * 2 ** Math.min(10, soonEnded - 1));
    if (soonEnded > 0 && !asked) this.#notBefore.set(keyOf(name, index), this.#now() + delay);
    const { reason } = verdict;
    this.#update(name, index, {
      state: 'queued',
      attempt: task.attempt + (counted ? 1 : 0),
      soonEnded,
      exitCode,
      reason,
      gpus: [],
    });
    this.#schedule();
  }

  #end(name: string, index: number, change: Partial<TaskRecord>): void {
    this.#update(name, index, { ...change, endedAt: this.#now(), gpus: [] });
    this.#remember(this.#records.sync().then(() => this.#forgetOldest()));
    this.#schedule();
  }

  #carryOutCancel(name: string): void {
    for (const task of this.#job(name).tasks) {
      const key = keyOf(name, task.index);
      if (task.state === 'queued')
        this.#end(name, task.index, { state: 'cancelled', reason: 'cancelled before it started' });
      else if (this.#running.has(key)) this.#stop(key, 'cancel');
    }
  }

  #stop(key: string, why: 'cancel' | 'close'): void {
    const running = this.#running.get(key);
    if (!running || running.stopping === 'cancel') return;
    running.stopping = why;
    signalGroup(running.pid, 'SIGTERM');
    const { graceSeconds } = this.#job(key.slice(0, key.lastIndexOf('/'))).spec;
    running.force ??= setTimeout(() => signalGroup(running.pid, 'SIGKILL'), graceSeconds * 1000);
  }

  async #forgetOldest(): Promise<void> {
    const ended = [...this.#records.jobs.values()].filter((job) => hasEnded(this.#status(job).state));
    for (const { spec } of ended.slice(0, Math.max(0, ended.length - (this.#options.keepEnded ?? 1000))))
      await this.#forget(spec.name);
  }

  async #forget(name: string): Promise<void> {
    const job = this.#records.jobs.get(name);
    if (!job || this.#closed.signal.aborted) return;
    this.#records.write({ kind: 'removed', name });
    this.#feed.publish(summariseTasks(job.spec, job.tasks.map(statusOf), false));
    await this.#records.sync();
    await rm(join(this.#options.folder, 'jobs', name), { recursive: true, force: true });
  }

  #update(name: string, index: number, change: Partial<TaskRecord>): void {
    const task = { ...this.#job(name).tasks[index]!, ...change };
    this.#records.write({ kind: 'task', name, task });
    this.#feed.publish(this.#status(this.#job(name)));
  }

  #status(job: JobRecord): JobStatus {
    const tasks = job.tasks.map(statusOf).map((task) => {
      const waits = task.state === 'queued' && task.reason === undefined;
      return waits ? { ...task, reason: 'waits for its turn' } : task;
    });
    return summariseTasks(job.spec, tasks);
  }

  #job(name: string): JobRecord {
    const job = this.#records.jobs.get(name);
    if (!job) throw new JobNotFoundError({ name });
    return job;
  }

  #tasks(state: 'queued' | 'running'): { readonly name: string; readonly task: TaskRecord }[] {
    return [...this.#records.jobs.values()].flatMap(({ spec, tasks }) =>
      tasks.filter((task) => task.state === state).map((task) => ({ name: spec.name, task })),
    );
  }

  #capacity(): JobResources {
    const { cores, memoryMb, gpus = [] } = this.#options;
    return { cores, memoryMb, gpus: gpus.length };
  }

  #free(): JobResources {
    const free = { ...this.#capacity() };
    for (const { name } of this.#tasks('running')) {
      const { resources } = this.#job(name).spec;
      for (const key of ['cores', 'memoryMb', 'gpus'] as const) free[key] -= resources[key];
    }
    return free;
  }

  #attemptFolder(name: string, task: TaskRecord): string {
    return join(this.#options.folder, 'jobs', name, `${task.index}-${task.starts}`);
  }

  #logFile(name: string, index: number): string {
    return join(this.#options.folder, 'jobs', name, `${index}.log`);
  }

  #remember(work: Promise<void>): void {
    const tracked = work.finally(() => this.#following.delete(tracked));
    this.#following.add(tracked);
  }

  #now(): number {
    return (this.#options.clock ?? systemClock).now();
  }

  #assertOpen(name: string): void {
    if (this.#draining) throw new JobRunnerClosedError({ name });
  }
}

const keyOf = (name: string, index: number): string => `${name}/${index}`;

function statusOf({ index, state, attempt, exitCode, reason, startedAt, endedAt }: TaskRecord) {
  return { index, state, attempt, exitCode, reason, startedAt, endedAt };
}

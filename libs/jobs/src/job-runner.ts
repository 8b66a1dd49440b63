import type { JobSpec } from './job-spec.ts';

export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** How one task stands. Times are milliseconds since 1970. */
export interface TaskStatus {
  readonly index: number;
  readonly state: JobState;
  /** 1 for the first; grows with each failure, not with a stop that is resumed. */
  readonly attempt: number;
  readonly exitCode?: number;
  /** Why it waits, failed or was stopped, in words. */
  readonly reason?: string;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

/** How a job stands; with several completions `tasks` says it for each, in the order of their indexes. */
export interface JobStatus extends Omit<TaskStatus, 'index'> {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly tasks: readonly TaskStatus[];
  /** False: gone from the runner, or about to go; the last thing that `watch` says of it. */
  readonly present: boolean;
}

export interface JobFilter {
  /** Only jobs that have all of these labels with these values. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface WatchOptions extends JobFilter {
  readonly signal: AbortSignal;
}

export interface LogOptions {
  /** Lines up to this one are left out; the first line is 1. */
  readonly afterLine?: number;
  /** Goes on until the job has ended. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  /** The task whose log it is; 0 if left out. */
  readonly index?: number;
}

export interface LogLine {
  readonly line: number;
  /** Without the line break; clipped to 64 KiB. */
  readonly text: string;
}

export interface CloseOptions {
  /** `leave` (default): jobs go on, and the next runner follows them. `stop`: they get SIGTERM and wait in the queue for the next runner. */
  readonly jobs?: 'leave' | 'stop';
}

/**
 * Runs jobs outside this process, so that they outlive it. Exit codes: 0 done; 64 bad request, which fails at once; 75
 * stopped but resumable, which is started again and not counted; others count against `maxAttempts`.
 */
export interface JobRunner {
  /** Resolves once the job is recorded. A name that is known already gives the status of that job. @throws InvalidValueError */
  submit(spec: JobSpec): Promise<JobStatus>;
  /** @throws JobNotFoundError */
  get(name: string): Promise<JobStatus>;
  list(filter?: JobFilter): Promise<JobStatus[]>;
  /** First every job as it stands, then every change; changes that come faster than they are read are skipped but for the last of each job. Ends with the signal. */
  watch(options: WatchOptions): AsyncIterable<JobStatus>;
  /** Asks the job to stop, and forces it after its grace time. Resolves once that is recorded; one that has ended stays as it is. @throws JobNotFoundError */
  cancel(name: string): Promise<JobStatus>;
  /** @throws JobNotFoundError */
  logs(name: string, options?: LogOptions): AsyncIterable<LogLine>;
  /** Forgets a job with its logs; a running one is stopped first. Resolves for one that is not there. */
  remove(name: string): Promise<void>;
  close(options?: CloseOptions): Promise<void>;
}

export const hasEnded = (state: JobState): boolean => state !== 'queued' && state !== 'running';

/** Whether a job's labels are what a filter asks for. */
export const matchesLabels = (labels: Readonly<Record<string, string>>, filter: JobFilter | undefined): boolean =>
  Object.entries(filter?.labels ?? {}).every(([key, value]) => labels[key] === value);

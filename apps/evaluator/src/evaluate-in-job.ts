import { JobEndedError } from '@medlego/errors';
import { hasEnded, type JobResources, type JobRunner, type JobStatus } from '@medlego/jobs';
import { RemoteError } from '@medlego/rpc';
import { currentTraceparent } from '@medlego/telemetry';
import type { Evaluate } from './evaluate-inline.ts';
import { parseLine, type JobSaying } from './job-lines.ts';

export interface JobEvaluationOptions {
  readonly jobs: JobRunner;
  /** What every Job gets: address of the services, store, token. */
  readonly job: {
    readonly env: Readonly<Record<string, string>>;
    readonly resources: JobResources;
    readonly graceSeconds: number;
    readonly maxAttempts: number;
  };
}

const traceEnvironment = (): Readonly<Record<string, string>> => {
  const traceparent = currentTraceparent();
  return traceparent === undefined ? {} : { TRACEPARENT: traceparent };
};

/** Evaluates in a Job of its own: where the devices are, and away from the process that answers. */
export function evaluateInJob({ jobs, job }: JobEvaluationOptions): Evaluate {
  return async (run, { signal, progress }) => {
    // An attempt has a Job of its own: what an earlier one says late is not heard.
    const name = `${run.id}-${run.attempts}`;
    await jobs.submit({
      ...job,
      env: { ...job.env, ...traceEnvironment() },
      name,
      app: 'evaluator',
      args: ['job', '--run', run.id],
      priority: 0,
      labels: labelsOf(run.id),
    });
    try {
      await followProgress(jobs, name, signal, (news) => void progress(news));
      const status = await untilEnded(jobs, { name, run: run.id }, signal);
      const said = await lastWord(jobs, name);
      if (said && 'artifact' in said) return said.artifact;
      if (said && 'error' in said) throw new RemoteError({ kind: 'bad_input', ...said.error });
      const reason = status.reason ?? status.state;
      throw new JobEndedError({ run: run.id, reason, exitCode: status.exitCode ?? null });
    } finally {
      if (signal.aborted) await jobs.cancel(name);
    }
  };
}

const labelsOf = (run: string) => ({ kind: 'evaluation', run });

/** Passes on what the Job says while it runs. Only progress depends on it, so a log that breaks off is no failure. */
async function followProgress(
  jobs: JobRunner,
  name: string,
  signal: AbortSignal,
  tell: (news: { readonly fraction: number; readonly message: string }) => void,
): Promise<void> {
  try {
    for await (const { text } of jobs.logs(name, { follow: true, signal })) {
      const said = parseLine(text);
      if (said && 'progress' in said) tell(said.progress);
    }
  } catch {
    // The end is waited for below.
  }
}

async function untilEnded(
  jobs: JobRunner,
  { name, run }: { readonly name: string; readonly run: string },
  signal: AbortSignal,
): Promise<JobStatus> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  try {
    for await (const status of jobs.watch({ signal: both, labels: labelsOf(run) }))
      if (status.name === name && hasEnded(status.state)) return status;
  } finally {
    stop.abort();
  }
  signal.throwIfAborted();
  return jobs.get(name);
}

async function lastWord(jobs: JobRunner, name: string): Promise<JobSaying | undefined> {
  let last: JobSaying | undefined;
  for await (const { text } of jobs.logs(name)) {
    const said = parseLine(text);
    if (said && !('progress' in said)) last = said;
  }
  return last;
}

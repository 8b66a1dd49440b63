import { hasEnded, type JobState, type JobStatus, type TaskStatus } from './job-runner.ts';
import type { JobSpec } from './job-spec.ts';

/** The status of a job from those of its tasks: it runs from its first start to its last end, and fails if one of them failed. */
export function summariseTasks(
  spec: Pick<JobSpec, 'name' | 'labels'>,
  tasks: readonly TaskStatus[],
  present = true,
): JobStatus {
  const state = stateOf(tasks);
  const one = tasks.length === 1 ? tasks[0]! : undefined;
  const failed = tasks.filter((task) => task.state === 'failed');
  const reason = one ? one.reason : reasonOf(state, tasks, failed);
  const exitCode = one ? one.exitCode : failed[0]?.exitCode;
  const starts = tasks.flatMap(({ startedAt }) => startedAt ?? []);
  const ends = tasks.flatMap(({ endedAt }) => endedAt ?? []);
  return {
    name: spec.name,
    labels: spec.labels,
    state,
    attempt: tasks.reduce((most, task) => Math.max(most, task.attempt), 1),
    ...(exitCode !== undefined && { exitCode }),
    ...(reason !== undefined && { reason }),
    ...(starts.length > 0 && { startedAt: starts.reduce((a, b) => Math.min(a, b)) }),
    ...(hasEnded(state) && ends.length > 0 && { endedAt: ends.reduce((a, b) => Math.max(a, b)) }),
    tasks,
    present,
  };
}

function stateOf(tasks: readonly TaskStatus[]): JobState {
  if (tasks.every(({ state }) => state === 'queued')) return 'queued';
  if (!tasks.every(({ state }) => hasEnded(state))) return 'running';
  if (tasks.some(({ state }) => state === 'failed')) return 'failed';
  return tasks.some(({ state }) => state === 'cancelled') ? 'cancelled' : 'succeeded';
}

function reasonOf(state: JobState, tasks: readonly TaskStatus[], failed: readonly TaskStatus[]): string | undefined {
  if (failed.length > 0) {
    const named = failed.slice(0, 3).map(({ index, reason }) => `${index}: ${reason ?? 'failed'}`);
    return `${failed.length} of ${tasks.length} failed (${named.join('; ')}${failed.length > 3 ? '; ...' : ''})`;
  }
  return state === 'queued' ? tasks[0]?.reason : undefined;
}

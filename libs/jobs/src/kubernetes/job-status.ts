import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { describeExit } from '../exit-policy.ts';
import type { JobStatus, TaskStatus } from '../job-runner.ts';
import { summariseTasks } from '../summarise.ts';
import {
  cancelledAnnotation,
  containerName,
  indexAnnotation,
  indexFailuresAnnotation,
  maxAttemptsAnnotation,
  prefix,
  refusedAnnotation,
} from './names.ts';
import { pendingReason, suspendedReason } from './pending-reason.ts';

/** The status of a job from its Job and pods, a pure function. Pods may be gone already; the Job alone decides how it ended. */
export function statusOfJob(job: V1Job, pods: readonly V1Pod[], present = true): JobStatus {
  const indexed = job.spec?.completionMode === 'Indexed';
  const count = indexed ? (job.spec?.completions ?? 1) : 1;
  const byIndex = new Map<number, V1Pod[]>();
  for (const pod of pods) {
    const index = indexOfPod(pod);
    byIndex.set(index, [...(byIndex.get(index) ?? []), pod]);
  }
  const done = indexed ? parseIndexes(job.status?.completedIndexes) : new Set<number>();
  const failed = indexed ? parseIndexes(job.status?.failedIndexes) : new Set<number>();
  const tasks = Array.from({ length: count }, (_, index) => {
    const own = (byIndex.get(index) ?? []).toSorted((a, b) => createdAt(a) - createdAt(b));
    return statusOfTask(job, index, own, indexed ? { done: done.has(index), failed: failed.has(index) } : undefined);
  });
  const labels = Object.entries(job.metadata?.labels ?? {}).filter(([key]) => key.startsWith(prefix));
  const spec = {
    name: job.metadata?.name ?? '',
    labels: Object.fromEntries(labels.map(([key, value]) => [key.slice(prefix.length), value])),
  };
  return summariseTasks(spec, tasks, present);
}

function statusOfTask(
  job: V1Job,
  index: number,
  pods: readonly V1Pod[],
  known: { readonly done: boolean; readonly failed: boolean } | undefined,
): TaskStatus {
  const pod = pods.at(-1);
  const exits = pods.flatMap((each) => exitOf(each) ?? []);
  const exitCode = exits.at(-1);
  const annotations = job.metadata?.annotations ?? {};
  const maxAttempts = Number(annotations[maxAttemptsAnnotation] ?? 1);
  const failures = known
    ? Number(pod?.metadata?.annotations?.[indexFailuresAnnotation] ?? 0) + 1
    : (job.status?.failed ?? 0);
  const attempt = Math.min(maxAttempts, Math.max(1, known ? failures : failures + (jobEnded(job) ? 0 : 1)));
  const startedAt = timeOf(pods.find(({ status }) => status?.startTime)?.status?.startTime ?? job.status?.startTime);
  const times = startedAt === undefined ? {} : { startedAt };
  const common = { index, attempt, ...times, ...(exitCode !== undefined && { exitCode }) };
  const ended = { ...common, endedAt: endOf(job, pod) };

  if (known?.done || condition(job, 'Complete') || condition(job, 'SuccessCriteriaMet'))
    return { ...ended, state: 'succeeded', exitCode: 0 };
  if (annotations[cancelledAnnotation] !== undefined && (job.status?.active ?? 0) === 0 && !pods.some(isLive))
    return known?.failed
      ? { ...ended, state: 'failed', reason: failureWords(job, exitCode) }
      : { ...ended, state: 'cancelled', reason: 'cancelled' };
  if (known?.failed) return { ...ended, state: 'failed', reason: failureWords(job, exitCode) };
  if (condition(job, 'Failed')) {
    const state = annotations[cancelledAnnotation] === undefined ? 'failed' : 'cancelled';
    return { ...ended, state, reason: state === 'failed' ? failureWords(job, exitCode) : 'cancelled' };
  }
  if (pod && (isLive(pod) || isRunning(pod)) && pod.status?.phase !== 'Pending') return { ...common, state: 'running' };
  const reason = job.spec?.suspend
    ? suspendedReason(job)
    : ((pod && pendingReason(pod)?.words) ?? (exitCode ? describeExit(exitCode) : 'waits for a pod'));
  return { ...common, state: 'queued', reason };
}

function failureWords(job: V1Job, exitCode: number | undefined): string {
  const refused = job.metadata?.annotations?.[refusedAnnotation];
  if (refused !== undefined) return refused;
  const failed = condition(job, 'Failed');
  if (failed?.reason === 'DeadlineExceeded') return 'took longer than its deadline';
  if (exitCode !== undefined && exitCode !== 0) return describeExit(exitCode);
  return failed?.message ?? 'failed';
}

/** Whether the Job is over for good. */
export const jobEnded = (job: V1Job): boolean =>
  Boolean(condition(job, 'Complete') ?? condition(job, 'Failed')) || hasEndedByCancel(job);

const hasEndedByCancel = (job: V1Job): boolean =>
  job.metadata?.annotations?.[cancelledAnnotation] !== undefined && (job.status?.active ?? 0) === 0;

const condition = (job: V1Job, type: string) =>
  job.status?.conditions?.find((each) => each.type === type && each.status === 'True');

const isRunning = (pod: V1Pod): boolean => pod.status?.phase === 'Running';

/** A pod that has not ended, though it may be on its way out. */
export const isLive = (pod: V1Pod): boolean => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';

const exitOf = (pod: V1Pod): number | undefined =>
  pod.status?.containerStatuses?.find(({ name }) => name === containerName)?.state?.terminated?.exitCode;

/** Which task a pod belongs to; 0 where the Job has only one. */
export const indexOfPod = (pod: V1Pod): number => Number(pod.metadata?.annotations?.[indexAnnotation] ?? 0);

export const createdAt = (pod: V1Pod): number => timeOf(pod.metadata?.creationTimestamp) ?? 0;

/** Times come as Date from a list and as text from a watch. */
const timeOf = (value: Date | string | undefined): number | undefined =>
  value === undefined ? undefined : new Date(value).getTime();

function endOf(job: V1Job, pod: V1Pod | undefined): number | undefined {
  const terminated = pod?.status?.containerStatuses?.find(({ name }) => name === containerName)?.state?.terminated;
  const last = condition(job, 'Complete') ?? condition(job, 'Failed');
  return timeOf(terminated?.finishedAt ?? job.status?.completionTime ?? last?.lastTransitionTime ?? undefined);
}

/** "0,2-4" as a set. */
export function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const [first, last = first] = part.split('-');
    if (first) for (let index = Number(first); index <= Number(last); index++) indexes.add(index);
  }
  return indexes;
}

import type { V1Job, V1JobStatus, V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { jobManifest } from './manifest.ts';
import { parseIndexes, statusOfJob } from './job-status.ts';

const at = new Date('2026-01-01T00:00:00Z');
const base = (completions?: number): V1Job =>
  jobManifest(
    {
      name: 'a', app: 'trainer', args: [], env: {}, resources: { cores: 1, memoryMb: 1, gpus: 0 }, priority: 0,
      labels: { run: 'r' }, graceSeconds: 1, maxAttempts: 3, completions,
    },
    { image: 'medlego', kueueQueue: 'q' },
    'medlego',
  ); // prettier-ignore
const job = (
  status: V1JobStatus,
  changes: { completions?: number; suspend?: boolean; cancelled?: boolean } = {},
): V1Job => {
  const made = base(changes.completions);
  const annotations = { ...made.metadata!.annotations, ...(changes.cancelled && { 'medlego.dev/cancelled': 'now' }) };
  return {
    ...made,
    metadata: { ...made.metadata, annotations },
    spec: { ...made.spec!, ...(changes.suspend && { suspend: true }) },
    status,
  };
};
const pod = (phase: string, exitCode?: number, index = 0): V1Pod => ({
  metadata: {
    name: `pod-${index}`,
    creationTimestamp: at,
    annotations: { 'batch.kubernetes.io/job-completion-index': String(index), 'batch.kubernetes.io/job-index-failure-count': '1' },
  },
  status: {
    phase,
    startTime: at,
    ...(exitCode !== undefined && {
      containerStatuses: [
        {
          name: 'job', image: '', imageID: '', ready: false, restartCount: 0,
          state: { terminated: { exitCode, finishedAt: new Date(at.getTime() + 5000) } },
        },
      ],
    }),
  },
}); // prettier-ignore
const is = (type: string, reason?: string) => ({ type, status: 'True', reason, lastTransitionTime: at });

describe('statusOfJob', () => {
  it('tells a queued, a running and an ended job apart', () => {
    expect(statusOfJob(job({}), [])).toMatchObject({
      state: 'queued',
      reason: 'waits for a pod',
      labels: { run: 'r' },
    });
    expect(statusOfJob(job({ active: 1 }), [pod('Running')])).toMatchObject({
      state: 'running',
      attempt: 1,
      startedAt: at.getTime(),
    });
    expect(statusOfJob(job({ active: 1, failed: 1 }), [pod('Running')])).toMatchObject({ attempt: 2 });
    const done = statusOfJob(job({ conditions: [is('Complete')] }), [pod('Succeeded', 0)]);
    expect(done).toMatchObject({ state: 'succeeded', exitCode: 0, endedAt: at.getTime() + 5000 });
  });

  it('says how a job failed, also when its pods are gone', () => {
    const failed = job({ failed: 1, conditions: [is('Failed', 'PodFailurePolicy')] });
    expect(statusOfJob(failed, [pod('Failed', 64)])).toMatchObject({ state: 'failed', exitCode: 64, attempt: 1 });
    expect(statusOfJob(failed, [])).toMatchObject({ state: 'failed', reason: 'failed' });
    const late = job({ conditions: [is('Failed', 'DeadlineExceeded')] });
    expect(statusOfJob(late, []).reason).toBe('took longer than its deadline');
  });

  it('takes a job that Kueue suspended after it ran for one that waits', () => {
    const preempted = job({ conditions: [is('Suspended')] }, { suspend: true });
    expect(statusOfJob(preempted, [pod('Failed', 75)])).toMatchObject({
      state: 'queued',
      reason: 'waits for room in the queue q; it will go on from its checkpoint',
    });
  });

  it('calls a job cancelled once its pods have ended, not before', () => {
    expect(statusOfJob(job({ active: 1 }, { cancelled: true }), [pod('Running')]).state).toBe('running');
    const ended = job({ conditions: [is('Failed', 'DeadlineExceeded')] }, { cancelled: true });
    expect(statusOfJob(ended, [])).toMatchObject({ state: 'cancelled', reason: 'cancelled' });
  });

  it('tells the tasks of a sweep apart', () => {
    const sweep = job({ completedIndexes: '0,3', failedIndexes: '1', active: 1 }, { completions: 4 });
    const { state, tasks } = statusOfJob(sweep, [pod('Failed', 64, 1), pod('Running', undefined, 2)]);
    expect(state).toBe('running');
    expect(tasks.map((task) => task.state)).toEqual(['succeeded', 'failed', 'running', 'succeeded']);
    expect(tasks[2]!.attempt).toBe(2);
  });
});

describe('parseIndexes', () => {
  it('reads ranges', () => {
    expect([...parseIndexes('0,2-4,7')]).toEqual([0, 2, 3, 4, 7]);
    expect(parseIndexes('').size).toBe(0);
  });
});

import type { JobState, JobStatus } from '@medlego/jobs';
import { runStates, type Run, type RunState } from '@medlego/registry';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';

const run = (state: RunState, changes: Partial<Run> = {}): Run => ({
  id: 'training-1',
  kind: 'training',
  state,
  requestId: 'r',
  name: 'blood',
  sweep: null,
  labels: {},
  attempts: state === 'running' ? 1 : 0,
  progress: {
    fraction: 0,
    etaSeconds: null,
    imagesPerSecond: null,
    lastLoss: null,
    checkpoint: null,
    message: '',
  },
  artifact: null,
  error: null,
  cancelReason: null,
  created: '2026-01-01T00:00:00.000Z',
  updated: '2026-01-01T00:00:00.000Z',
  spec: {},
  ...changes,
});

const job = (state: JobState): JobStatus => ({
  name: 'training-1',
  labels: {},
  state,
  attempt: 1,
  tasks: [],
  present: true,
});

const open = runStates.slice(0, 3);
const ended = ['succeeded', 'failed', 'cancelled'] as const;

describe('decide', () => {
  it('gives every run without a job one, unless it is to be cancelled', () => {
    for (const state of open) {
      expect(decide(run(state), undefined)).toEqual({ type: 'submit-job' });
      expect(decide(run(state, { cancelReason: 'no' }), undefined)).toMatchObject({ change: { type: 'cancel' } });
    }
  });

  it('stops the job of a run that is to be cancelled before the run is cancelled', () => {
    for (const state of open) {
      const cancelled = run(state, { cancelReason: 'no' });
      for (const active of ['queued', 'running'] as const)
        expect(decide(cancelled, job(active))).toEqual({ type: 'cancel-job' });
      for (const over of ended) expect(decide(cancelled, job(over))).toMatchObject({ change: { type: 'cancel' } });
    }
  });

  it('fails a run whose job is over without a result, whatever the job says of itself', () => {
    for (const state of open)
      for (const over of ended)
        expect(decide(run(state), job(over))).toMatchObject({ change: { type: 'fail', error: { code: 'job_ended' } } });
  });

  it('puts a run back into the queue after the attempt that it knew of', () => {
    expect(decide(run('running'), job('queued'))).toMatchObject({ change: { type: 'queue', afterAttempt: 1 } });
    expect(decide(run('queued'), job('queued'))).toBeNull();
    expect(decide(run('running'), job('running'))).toBeNull();
  });

  it('announces runs that have ended, and stops what still works for one that failed or was cancelled', () => {
    for (const state of ended) {
      expect(decide(run(state), undefined)).toEqual({ type: 'announce' });
      expect(decide(run(state), job('succeeded'))).toEqual({ type: 'announce' });
      expect(decide(run(state), job('running'))?.type).toBe(state === 'succeeded' ? 'announce' : 'cancel-job');
    }
  });
});

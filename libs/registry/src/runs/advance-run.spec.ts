import { RunTransitionError } from '@medlego/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceRun, type RunChange } from './advance-run.ts';
import { isFinal, noProgress, runStates, type Run } from './run.ts';

const requested: Run = {
  id: 'training-1',
  kind: 'training',
  state: 'requested',
  requestId: 'r',
  name: 'n',
  sweep: null,
  labels: {},
  attempts: 0,
  progress: noProgress,
  artifact: null,
  error: null,
  cancelReason: null,
  created: 't0',
  updated: 't0',
  spec: {},
};

const attempt = fc.integer({ min: 0, max: 4 });
const anyChange: fc.Arbitrary<RunChange> = fc.oneof(
  attempt.map((afterAttempt) => ({ type: 'queue' as const, afterAttempt })),
  attempt.map((n) => ({ type: 'start' as const, attempt: n + 1 })),
  attempt.map((n) => ({ type: 'alive' as const, attempt: n + 1 })),
  fc.record({
    type: fc.constant('progress' as const),
    attempt: attempt.map((n) => n + 1),
    progress: fc.record({ fraction: fc.double({ min: 0, max: 1, noNaN: true }) }),
  }),
  fc.constantFrom<RunChange>(
    { type: 'succeed', artifact: 'sha256:1' },
    { type: 'fail', error: { code: 'x', message: 'm', facts: {} } },
    { type: 'succeed', artifact: 'sha256:1', attempt: 1 },
    { type: 'fail', error: { code: 'x', message: 'm', facts: {} }, attempt: 2 },
    { type: 'request-cancel', reason: 'why' },
    { type: 'cancel' },
  ),
);

/** The run after all changes that were possible. */
const after = (changes: readonly RunChange[], start = requested): Run =>
  changes.reduce((run, change, i) => tryAdvance(run, change, `t${i + 1}`) ?? run, start);

function tryAdvance(run: Run, change: RunChange, at = 't'): Run | undefined {
  try {
    return advanceRun(run, change, at);
  } catch (error) {
    if (error instanceof RunTransitionError) return undefined;
    throw error;
  }
}

const changes = fc.array(anyChange, { maxLength: 12 });

describe('the state machine of runs', () => {
  it('changes nothing when the same change comes again at once', () => {
    fc.assert(
      fc.property(changes, anyChange, (history, change) => {
        const once = tryAdvance(after(history), change);
        if (once) expect(tryAdvance(once, change)).toBe(once);
      }),
    );
  });

  it('never leaves a final state, and never loses why or what', () => {
    fc.assert(
      fc.property(changes, changes, (before, then) => {
        const run = after(before);
        if (isFinal(run.state)) expect(after(then, run)).toBe(run);
      }),
    );
  });

  it('counts attempts one by one, and ignores news of earlier ones', () => {
    fc.assert(
      fc.property(changes, anyChange, (history, change) => {
        const run = after(history);
        const next = tryAdvance(run, change);
        if (!next) return;
        expect(next.attempts - run.attempts).toBeGreaterThanOrEqual(0);
        expect(next.attempts - run.attempts).toBeLessThanOrEqual(1);
        if ('attempt' in change && change.attempt! < run.attempts) expect(next).toBe(run);
      }),
    );
  });

  it('keeps its facts consistent with its state', () => {
    fc.assert(
      fc.property(changes, (history) => {
        const run = after(history);
        expect(runStates).toContain(run.state);
        expect(run.artifact !== null).toBe(run.state === 'succeeded');
        expect(run.error !== null).toBe(run.state === 'failed');
        if (run.state === 'running') expect(run.attempts).toBeGreaterThan(0);
        if (run.state === 'succeeded') expect(run.progress.fraction).toBe(1);
        expect(run.progress.fraction).toBeGreaterThanOrEqual(0);
        expect(run.progress.fraction).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('can be cancelled from every state that is not final', () => {
    fc.assert(
      fc.property(changes, (history) => {
        const run = after(history);
        const asked = advanceRun(run, { type: 'request-cancel', reason: 'why' }, 't');
        if (isFinal(run.state)) expect(asked).toBe(run);
        else expect(advanceRun(asked, { type: 'cancel' }, 't').state).toBe('cancelled');
      }),
    );
  });

  it('starts no run again that was asked to cancel, and none out of turn', () => {
    const asked = advanceRun(requested, { type: 'request-cancel', reason: 'why' }, 't');
    expect(() => advanceRun(asked, { type: 'start', attempt: 1 }, 't')).toThrow(RunTransitionError);
    expect(() => advanceRun(requested, { type: 'start', attempt: 2 }, 't')).toThrow('attempt 2');
    expect(() => advanceRun(requested, { type: 'queue', afterAttempt: 1 }, 't')).toThrow('after attempt 1');
  });

  it('takes no end from an attempt that was given up, or that has not begun', () => {
    const error = { code: 'x', message: 'm', facts: {} };
    const waiting = after([
      { type: 'start', attempt: 1 },
      { type: 'queue', afterAttempt: 1 },
    ]);
    const second = advanceRun(waiting, { type: 'start', attempt: 2 }, 't');
    for (const run of [waiting, second]) {
      expect(advanceRun(run, { type: 'succeed', artifact: 'sha256:1', attempt: 1 }, 't')).toBe(run);
      expect(advanceRun(run, { type: 'fail', error, attempt: 1 }, 't')).toBe(run);
    }
    expect(() => advanceRun(waiting, { type: 'succeed', artifact: 'sha256:1', attempt: 2 }, 't')).toThrow(
      'before it was',
    );
    expect(advanceRun(second, { type: 'succeed', artifact: 'sha256:1', attempt: 2 }, 't').state).toBe('succeeded');
    expect(advanceRun(second, { type: 'fail', error, attempt: 2 }, 't').state).toBe('failed');
  });

  it('keeps the checkpoint over a preemption, and begins the progress anew', () => {
    const run = after([
      { type: 'start', attempt: 1 },
      { type: 'progress', attempt: 1, progress: { fraction: 0.5, checkpoint: 'sha256:c' } },
      { type: 'queue', afterAttempt: 1 },
      { type: 'queue', afterAttempt: 0 },
      { type: 'start', attempt: 2 },
      { type: 'progress', attempt: 1, progress: { fraction: 0.9 } },
      { type: 'progress', attempt: 2, progress: { fraction: 0.4 } },
      { type: 'progress', attempt: 2, progress: { fraction: 0.3 } },
    ]);
    expect(run).toMatchObject({ state: 'running', attempts: 2, progress: { fraction: 0.4, checkpoint: 'sha256:c' } });
  });
});

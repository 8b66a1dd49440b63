import {
  AbortedError,
  AppError,
  DeadlineExceededError,
  FileAccessError,
  FileNotFoundError,
  StoppedError,
} from '@medlego/errors';
import { fakeClock } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { mapConcurrent, retry, stopReason, systemClock, throwIfStopped, withDeadline, type Clock } from './index.ts';

const busy = () => new FileAccessError({ path: 'disk', what: 'blob', reason: 'EIO' });
const never = () => new Promise<never>(() => {});

describe('clocks', () => {
  it('the fake one is a Clock: it sleeps until it is moved, in order of what is due', async () => {
    const clock = fakeClock({ start: 100 });
    const asClock: Clock = clock;
    const woken: string[] = [];
    const late = asClock.sleep(20).then(() => woken.push(`late ${clock.now()}`));
    const early = asClock.sleep(10).then(() => woken.push(`early ${clock.now()}`));
    await clock.advance(9);
    expect(woken).toEqual([]);
    await clock.advance(11);
    await Promise.all([late, early]);
    expect(woken).toEqual(['early 110', 'late 120']);
  });

  it.each<[string, Clock]>([
    ['system', systemClock],
    ['fake', fakeClock()],
  ])('the %s one stops sleeping when its signal is aborted', async (_, clock) => {
    const controller = new AbortController();
    const sleeping = clock.sleep(1e6, controller.signal);
    controller.abort(new DeadlineExceededError({ what: 'x', timeoutMs: 1 }));
    await expect(sleeping).rejects.toBeInstanceOf(DeadlineExceededError);
    await expect(clock.sleep(1, controller.signal)).rejects.toBeInstanceOf(DeadlineExceededError);
  });

  it('the system one sleeps', async () => {
    const before = systemClock.now();
    await systemClock.sleep(5, new AbortController().signal);
    expect(systemClock.now() - before).toBeGreaterThanOrEqual(4);
  });
});

describe('stopping', () => {
  it('keeps a typed reason, and has a typed error for any other', () => {
    const typed = new StoppedError({ epoch: 1, step: 2, checkpoint: null });
    expect(stopReason(AbortSignal.abort(typed))).toBe(typed);
    const other = stopReason(AbortSignal.abort('ctrl-c'), 'Training');
    expect(other).toBeInstanceOf(AbortedError);
    expect(other.cause).toBe('ctrl-c');
    expect(() => throwIfStopped(AbortSignal.abort(), 'Training')).toThrow('Training was stopped before its end.');
    expect(() => throwIfStopped(new AbortController().signal)).not.toThrow();
    expect(() => throwIfStopped(undefined)).not.toThrow();
  });
});

describe('retry', () => {
  it('calls again after failures that may pass, and returns the first success', async () => {
    const clock = fakeClock({ autoAdvance: true });
    const attempts: number[] = [];
    const result = await retry(
      async (attempt) => {
        attempts.push(attempt);
        if (attempt < 4) throw busy();
        return 'done';
      },
      { clock, random: () => 0.5, baseDelayMs: 100, maxDelayMs: 300 },
    );
    expect(result).toBe('done');
    expect(attempts).toEqual([1, 2, 3, 4]);
    expect(clock.sleeps).toEqual([50, 100, 150]); // half of 100, 200 and, limited, 300
  });

  it('gives up after its attempts with the last failure', async () => {
    const clock = fakeClock({ autoAdvance: true });
    const failures = [busy(), busy(), busy()];
    const told: number[] = [];
    const call = retry(async (attempt) => Promise.reject(failures[attempt - 1]!), {
      attempts: 3,
      clock,
      onRetry: ({ attempt }) => told.push(attempt),
    });
    await expect(call).rejects.toBe(failures[2]);
    expect(told).toEqual([1, 2]);
  });

  it('does not repeat what will fail again', async () => {
    const failure = new FileNotFoundError({ path: 'x', what: 'file' });
    let calls = 0;
    const call = retry(async () => {
      calls++;
      throw failure;
    });
    await expect(call).rejects.toBe(failure);
    expect(calls).toBe(1);
  });

  it('stops waiting when it is stopped', async () => {
    const controller = new AbortController();
    const clock = fakeClock();
    const call = retry(() => Promise.reject(busy()), { clock, signal: controller.signal });
    const outcome = expect(call).rejects.toMatchObject({ kind: 'stopped' });
    await clock.advance(0);
    controller.abort();
    await outcome;
  });

  it('refuses zero attempts', async () => {
    await expect(retry(async () => 1, { attempts: 0 })).rejects.toThrow(
      'attempts: expected a whole number from 1, got 0.',
    );
  });
});

describe('withDeadline', () => {
  it('gives what the work gives in time, and leaves no timer', async () => {
    const clock = fakeClock();
    expect(await withDeadline({ what: 'x', timeoutMs: 10, clock }, async () => 7)).toBe(7);
    await clock.advance(100);
  });

  it('rejects at the deadline and aborts the work, even work that does not listen', async () => {
    const clock = fakeClock();
    let seen: AbortSignal | undefined;
    const call = withDeadline({ what: 'The broker', timeoutMs: 10, clock }, (signal) => {
      seen = signal;
      return never();
    });
    const outcome = expect(call).rejects.toThrow('The broker took longer than 10 ms.');
    await clock.advance(10);
    await outcome;
    expect(seen!.aborted).toBe(true);
  });

  it('rejects when its caller stops, before or during the work', async () => {
    const controller = new AbortController();
    const options = { what: 'x', timeoutMs: 10, signal: controller.signal, clock: fakeClock() };
    const call = withDeadline(options, never);
    controller.abort();
    await expect(call).rejects.toMatchObject({ kind: 'stopped' });
    await expect(withDeadline(options, async () => 1)).rejects.toMatchObject({ kind: 'stopped' });
  });

  it('passes on what the work throws', async () => {
    await expect(withDeadline({ what: 'x', timeoutMs: 1000 }, () => Promise.reject(busy()))).rejects.toBeInstanceOf(
      AppError,
    );
  });
});

describe('mapConcurrent', () => {
  it('never runs more than its limit, and keeps the order', async () => {
    let running = 0;
    let most = 0;
    const results = await mapConcurrent([30, 1, 20, 2, 10], { limit: 2 }, async (turns, index) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      running--;
      return `${index}:${turns}`;
    });
    expect(results).toEqual(['0:30', '1:1', '2:20', '3:2', '4:10']);
    expect(most).toBe(2);
  });

  it('draws no more items than it needs', async () => {
    let drawn = 0;
    async function* endless() {
      for (;;) yield drawn++;
    }
    const call = mapConcurrent(endless(), { limit: 3 }, async (item) => {
      if (item === 5) throw busy();
    });
    await expect(call).rejects.toMatchObject({ code: 'file_access' });
    expect(drawn).toBeLessThanOrEqual(10);
  });

  it('waits for what runs before it reports the first failure', async () => {
    const clock = fakeClock();
    let finished = false;
    const call = mapConcurrent([0, 1], { limit: 2 }, async (item) => {
      if (item === 0) throw busy();
      await clock.sleep(10);
      finished = true;
    });
    const outcome = expect(call).rejects.toMatchObject({ code: 'file_access' });
    await clock.advance(10);
    await outcome;
    expect(finished).toBe(true);
  });

  it('starts nothing new when it is stopped', async () => {
    const controller = new AbortController();
    const started: number[] = [];
    const call = mapConcurrent([0, 1, 2], { limit: 1, signal: controller.signal }, async (item) => {
      started.push(item);
      controller.abort();
    });
    await expect(call).rejects.toMatchObject({ kind: 'stopped' });
    expect(started).toEqual([0]);
  });

  it('maps nothing to nothing, and refuses a limit of zero', async () => {
    expect(await mapConcurrent([], { limit: 4 }, async () => 1)).toEqual([]);
    await expect(mapConcurrent([1], { limit: 0 }, async () => 1)).rejects.toMatchObject({ code: 'invalid_value' });
  });
});

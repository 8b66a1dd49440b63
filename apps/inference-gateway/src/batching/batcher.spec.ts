import { describe, expect, it } from 'vitest';
import { fakeClock } from '@medlego/testing';
import { Batcher } from './batcher.ts';

function setUp(computeMs = 5, maxRows = 100) {
  const clock = fakeClock();
  const batches: number[][] = [];
  const batcher = new Batcher<number, number>({
    clock,
    maxBatch: 4,
    maxDelayMs: 10,
    maxRows,
    maxBytes: 1e6,
    compute: async (rows) => {
      batches.push([...rows]);
      await clock.sleep(computeMs);
      if (rows.includes(-1)) throw new Error('broken');
      return rows.map((value) => value * 10);
    },
  });
  const submit = (rows: number[], timeoutMs = 1000, signal?: AbortSignal) =>
    batcher.submit({ rows, group: 'g', model: 'm', bytesPerRow: 1, priority: 1, timeoutMs, signal });
  return { clock, batches, batcher, submit };
}

describe('Batcher', () => {
  it('puts requests that come close together into one batch, and gives each its own answers', async () => {
    const { clock, batches, submit } = setUp();
    const both = Promise.all([submit([1, 2]), submit([3])]);
    await clock.advance(15);
    expect(await both).toEqual([[10, 20], [30]]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('splits a request that is larger than a batch', async () => {
    const { clock, batches, submit } = setUp();
    const answer = submit([1, 2, 3, 4, 5, 6]);
    await clock.advance(30);
    expect(await answer).toEqual([10, 20, 30, 40, 50, 60]);
    expect(batches.map(({ length }) => length)).toEqual([4, 2]);
  });

  it('drops what has expired before it is computed', async () => {
    const { clock, batches, submit } = setUp(100);
    const first = submit([1, 2, 3, 4]);
    const late = submit([5], 50);
    const failed = expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await clock.advance(300);
    await failed;
    await first;
    expect(batches).toEqual([[1, 2, 3, 4]]);
  });

  it('refuses what does not fit, and says when to come again', async () => {
    const { clock, submit } = setUp(5, 2);
    const waiting = submit([1, 2]);
    await expect(submit([3])).rejects.toMatchObject({ code: 'serving_queue_full', facts: { limit: '2 images' } });
    await clock.advance(20);
    await waiting;
  });

  it('takes a cancelled request out of the queue', async () => {
    const { clock, batches, submit } = setUp();
    const gone = new AbortController();
    const cancelled = expect(submit([1], 1000, gone.signal)).rejects.toThrow('left');
    gone.abort(new Error('left'));
    await cancelled;
    await clock.advance(50);
    expect(batches).toEqual([]);
  });

  it('fails the requests of a broken batch and goes on with the next', async () => {
    const { clock, submit } = setUp();
    const broken = expect(submit([-1])).rejects.toThrow('broken');
    await clock.advance(20);
    await broken;
    const next = submit([2]);
    await clock.advance(20);
    expect(await next).toEqual([20]);
  });

  it('answers what waits while it drains, at once, and takes nothing new', async () => {
    const { clock, batcher, submit } = setUp();
    const waiting = submit([1]);
    const drained = batcher.drain();
    await expect(submit([2])).rejects.toMatchObject({ code: 'server_draining' });
    await clock.advance(5);
    await drained;
    expect(await waiting).toEqual([10]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchQueue, type QueuedRow } from './batch-queue.ts';

const row = (work: number, change: Partial<QueuedRow<number>> = {}): QueuedRow<number> => ({
  work,
  group: 'vit',
  model: 'a',
  bytes: 1,
  priority: 1,
  since: 0,
  deadline: 1000,
  ...change,
});
const limits = { maxRows: 8, maxBytes: 100, maxBatch: 4, maxDelayMs: 10 };
const queueOf = (...rows: QueuedRow<number>[]) => {
  const queue = new BatchQueue<number>(limits);
  expect(queue.push(rows)).toBeUndefined();
  return queue;
};
const worksOf = (rows: readonly QueuedRow<number>[]) => rows.map(({ work }) => work);

describe('BatchQueue', () => {
  it('waits for company until the delay is over, and not when a batch is full', () => {
    const queue = queueOf(row(1), row(2));
    expect(queue.take(9)).toEqual([]);
    expect(queue.nextDue()).toBe(10);
    expect(worksOf(queue.take(10))).toEqual([1, 2]);
    expect(worksOf(queueOf(row(1), row(2), row(3), row(4), row(5)).take(0))).toEqual([1, 2, 3, 4]);
  });

  it('takes urgent rows first', () => {
    expect(worksOf(queueOf(row(1), row(2), row(3), row(4), row(5, { priority: 0 })).take(0))).toEqual([5, 1, 2, 3]);
  });

  it('lets models take turns, so that a busy one does not shut out the others', () => {
    const busy = [1, 2, 3, 4, 5].map((work) => row(work));
    expect(worksOf(queueOf(...busy, row(9, { model: 'b' })).take(0))).toEqual([1, 9, 2, 3]);
  });

  it('takes a request whole or not at all', () => {
    const queue = queueOf(...[1, 2, 3, 4, 5, 6].map((work) => row(work)));
    expect(queue.push([row(7), row(8), row(9)])).toBe('8 images');
    expect(queue.push([row(7, { bytes: 95 })])).toBe('100 bytes');
    expect(queue.size).toBe(6);
  });

  it('gives out every row once, never beside another backbone, never late, and counts its bytes back to zero', () => {
    const rows = fc.array(
      fc.record({
        group: fc.constantFrom('x', 'y'),
        model: fc.constantFrom('a', 'b', 'c'),
        bytes: fc.integer({ min: 0, max: 12 }),
        priority: fc.integer({ min: 0, max: 2 }),
        since: fc.integer({ min: 0, max: 50 }),
        deadline: fc.integer({ min: 51, max: 200 }),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(rows, fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 10 }), (given, steps) => {
        const queue = queueOf(...given.map((change, work) => row(work, change)));
        const out: number[] = [];
        let now = 0;
        for (const step of [...steps, 1000]) {
          now += step;
          out.push(...worksOf(queue.expire(now)));
          for (let batch = queue.take(now); batch.length > 0; batch = queue.take(now)) {
            expect(new Set(batch.map(({ group }) => group)).size).toBe(1);
            expect(batch.length).toBeLessThanOrEqual(limits.maxBatch);
            expect(batch.every(({ deadline }) => deadline > now)).toBe(true);
            out.push(...worksOf(batch));
          }
        }
        expect(out.sort((a, b) => a - b)).toEqual(given.map((_, work) => work));
        expect([queue.size, queue.bytes]).toEqual([0, 0]);
      }),
    );
  });
});

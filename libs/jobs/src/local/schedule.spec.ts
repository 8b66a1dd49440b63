import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseStarts } from './schedule.ts';

const resources = fc.record({
  cores: fc.integer({ min: 1, max: 8 }),
  memoryMb: fc.integer({ min: 1, max: 100 }),
  gpus: fc.integer({ min: 0, max: 2 }),
});
const waiting = fc
  .array(fc.record({ priority: fc.integer({ min: 0, max: 3 }), resources }), { maxLength: 20 })
  .map((tasks) => tasks.map((task, sequence) => ({ ...task, sequence })));

describe('chooseStarts', () => {
  it('never gives more than there is', () => {
    fc.assert(
      fc.property(waiting, resources, (tasks, free) => {
        const starts = chooseStarts(tasks, free);
        for (const key of ['cores', 'memoryMb', 'gpus'] as const)
          expect(starts.reduce((sum, task) => sum + task.resources[key], 0)).toBeLessThanOrEqual(free[key]);
      }),
    );
  });

  it('starts the first in line whenever it fits', () => {
    fc.assert(
      fc.property(waiting, resources, (tasks, free) => {
        const first = tasks.toSorted((a, b) => b.priority - a.priority || a.sequence - b.sequence)[0];
        if (!first) return;
        const fits = (['cores', 'memoryMb', 'gpus'] as const).every((key) => first.resources[key] <= free[key]);
        expect(chooseStarts(tasks, free).includes(first)).toBe(fits);
      }),
    );
  });

  it('fills the gap beside a large task only with what does not delay it', () => {
    const task = (sequence: number, cores: number, gpus: number) => ({
      sequence,
      priority: 0,
      resources: { cores, memoryMb: 1, gpus },
    });
    const [large, small, big] = [task(0, 1, 1), task(1, 1, 0), task(2, 3, 0)];
    expect(chooseStarts([large, small, big], { cores: 2, memoryMb: 10, gpus: 0 })).toEqual([small]);
    expect(chooseStarts([task(0, 4, 0), small], { cores: 2, memoryMb: 10, gpus: 0 })).toEqual([]);
  });
});

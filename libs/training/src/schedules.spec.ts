import { describe, expect, it } from 'vitest';
import { learningRateAt, type ScheduleName } from './schedules.ts';

const rates = (schedule: ScheduleName, warmupSteps = 0, totalSteps = 100) =>
  Array.from({ length: totalSteps }, (_, step) => learningRateAt({ schedule, peak: 1, totalSteps, warmupSteps }, step));

describe('learning-rate schedules', () => {
  it('constant stays at the peak after its warm-up', () => {
    const all = rates('constant', 4);
    expect(all.slice(0, 5)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
    expect(new Set(all.slice(4))).toEqual(new Set([1]));
  });

  it('cosine falls from the peak through one half to almost nothing', () => {
    const all = rates('cosine');
    expect(all[0]).toBe(1);
    expect(all[50]).toBeCloseTo(0.5, 10);
    expect(all[99]).toBeLessThan(0.001);
    expect(all.every((rate, i) => i === 0 || rate < all[i - 1]!)).toBe(true);
  });

  it('one-cycle rises to the peak at 30 % and ends near nothing', () => {
    const all = rates('one-cycle');
    expect(all[0]).toBeCloseTo(1 / 25, 10);
    expect(all.indexOf(Math.max(...all))).toBe(29);
    expect(all[29]).toBeCloseTo(1, 10);
    expect(all[99]).toBeCloseTo(1 / 25 / 1e4, 10);
  });

  it('is defined for a single step', () => {
    for (const schedule of ['constant', 'cosine', 'one-cycle'] as const)
      expect(learningRateAt({ schedule, peak: 1, totalSteps: 1 }, 0)).toBeGreaterThan(0);
  });

  it('names the field of a bad argument', () => {
    expect(() => learningRateAt({ schedule: 'cosine', peak: 1, totalSteps: 0 }, 0)).toThrow(/totalSteps/);
  });
});

import { describe, expect, it } from 'vitest';
import { createRandomInt } from '../random.ts';
import { meanStatistic } from '../statistic.ts';
import { bootstrapIntervals, percentileInterval, resampleCases } from './bootstrap.ts';
import { clopperPearsonInterval, wilsonInterval, wilsonIntervalOfShare } from './proportion.ts';

const drawn = (n: number, options: Parameters<typeof resampleCases>[1]) =>
  [...resampleCases(n, options)].length > 0 ? Array.from(resampleCases(n, options), (counts) => [...counts]) : [];

describe('proportion intervals', () => {
  it('hold the observed share, and the exact one is the wider', () => {
    for (const [successes, trials] of [
      [0, 7],
      [3, 7],
      [7, 7],
      [500, 1000],
    ] as const) {
      const wilson = wilsonInterval(successes, trials);
      const exact = clopperPearsonInterval(successes, trials);
      expect(wilson[0]).toBeLessThanOrEqual(successes / trials);
      expect(wilson[1]).toBeGreaterThanOrEqual(successes / trials);
      expect(exact[1] - exact[0]).toBeGreaterThan(wilson[1] - wilson[0]);
    }
  });

  it('around a share that is no whole count lies between those of its neighbours', () => {
    const [below, at, above] = [wilsonInterval(3, 7), wilsonIntervalOfShare(3.5 / 7, 7), wilsonInterval(4, 7)];
    expect(at[0]).toBeGreaterThan(below[0]);
    expect(at[1]).toBeLessThan(above[1]);
    expect(wilsonIntervalOfShare(3 / 7, 7)).toEqual(below);
    expect(() => wilsonIntervalOfShare(1.1, 7)).toThrow('share: expected a number in [0, 1], got 1.1');
  });

  it('refuse counts that are no proportion', () => {
    expect(() => wilsonInterval(3, 2)).toThrow(expect.objectContaining({ code: 'invalid_value' }));
    expect(() => wilsonInterval(0, 0)).toThrow('trials: expected an integer of at least 1, got 0');
    expect(() => clopperPearsonInterval(1, 2, 1)).toThrow('level: expected a number between 0 and 1, got 1');
  });
});

describe('resampling', () => {
  it('draws n cases each time, and the same ones for the same seed', () => {
    const first = drawn(50, { seed: 3, resamples: 20 });
    expect(first.every((counts) => counts.reduce((sum, count) => sum + count, 0) === 50)).toBe(true);
    expect(drawn(50, { seed: 3, resamples: 20 })).toEqual(first);
    expect(drawn(50, { seed: 4, resamples: 20 })).not.toEqual(first);
  });

  it('keeps the size of every stratum when asked', () => {
    const strata = Array.from({ length: 30 }, (_, row) => Number(row % 10 === 0));
    for (const counts of drawn(30, { seed: 1, resamples: 50, strata }))
      expect(counts.reduce((sum, count, row) => sum + count * strata[row]!, 0)).toBe(3);
  });

  it('draws every case equally often', () => {
    const random = createRandomInt(11);
    const hits = new Float64Array(7);
    for (let draw = 0; draw < 70_000; draw++) hits[random(7)]! += 1;
    const chiSquared = hits.reduce((sum, hit) => sum + (hit - 10_000) ** 2 / 10_000, 0);
    expect(chiSquared).toBeLessThan(22.5); // 99.9 % point at 6 degrees of freedom
  });

  it('refuses a seed that is no integer', () => {
    expect(() => drawn(2, { seed: 0.5, resamples: 1 })).toThrow(
      expect.objectContaining({ facts: { field: 'seed', expected: 'an integer of at least 0', actual: 0.5 } }),
    );
  });
});

describe('bootstrap intervals', () => {
  it('take percentiles between order statistics as numpy does', () => {
    expect(percentileInterval([4, 1, 3, 2, 5], 0.5)).toEqual([2, 4]);
    expect(percentileInterval([1, 2], 0.9)).toEqual([expect.closeTo(1.05, 12), expect.closeTo(1.95, 12)]);
    expect(percentileInterval([])).toBeNull();
  });

  it('of a mean agree with the normal interval', () => {
    const random = createRandomInt(5);
    const values = Float64Array.from({ length: 400 }, () => random(1000) / 1000);
    const mean = values.reduce((sum, value) => sum + value, 0) / 400;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 399);
    const { interval } = bootstrapIntervals({ mean: meanStatistic(values) }, 400, { seed: 0, resamples: 2000 }).mean;
    const half = (1.96 * deviation) / 20;
    expect(interval![0]).toBeCloseTo(mean - half, 2);
    expect(interval![1]).toBeCloseTo(mean + half, 2);
  });

  it('count the resamples in which the statistic is undefined', () => {
    const fragile = (counts?: Uint16Array) => (counts && counts[0] === 0 ? null : 1);
    const { interval, undefinedResamples } = bootstrapIntervals({ fragile }, 3, { seed: 0, resamples: 300 }).fragile;
    expect(interval).toEqual([1, 1]);
    expect(undefinedResamples / 300).toBeCloseTo((2 / 3) ** 3, 1);
  });
});

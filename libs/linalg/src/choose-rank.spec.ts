import { InvalidValueError } from '@medlego/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../tests/support.ts';
import { chooseRank, numericalRank, type RankRule } from './choose-rank.ts';

describe('chooseRank', () => {
  it('keeps one more value where the share meets the threshold exactly: it does not exceed it', () => {
    expect(chooseRank([1, 1, 1, 1], { threshold: 0.5 })).toBe(3);
    expect(chooseRank([1, 1, 1, 1], { threshold: 0.5 - 1e-9 })).toBe(2);
    expect(chooseRank([1, 1, 1, 1], { threshold: 0.5 + 1e-9 })).toBe(3);
  });

  it('treats shares within 1e-12 of the threshold as equal, on both sides', () => {
    expect(chooseRank([1, 1, 1, 1], { threshold: 0.5 - 5e-13 })).toBe(3);
    expect(chooseRank([1, 1, 1, 1], { threshold: 0.5 + 5e-13 })).toBe(3);
    // 0.1 + 0.2 > 0.3 in floating point: without the tolerance rounding would decide.
    expect(chooseRank([0.2, 0.2, 0.2, 0.2, 0.2], { threshold: 0.6 })).toBe(4);
  });

  it('compares squares in share_of_energy and the plain sum in absolute', () => {
    const s = [4, 2, 1];
    expect(chooseRank(s, { threshold: 0.6 })).toBe(2);
    expect(chooseRank(s, { threshold: 0.6, mode: 'share_of_energy' })).toBe(1);
    expect(chooseRank(s, { threshold: 3.9, mode: 'absolute' })).toBe(1);
    expect(chooseRank(s, { threshold: 4, mode: 'absolute' })).toBe(2);
    expect(chooseRank(s, { threshold: 100, mode: 'absolute' })).toBe(3);
  });

  it('keeps everything at threshold 1, down to the numerical rank', () => {
    expect(chooseRank([1, 0.5, 0.25], { threshold: 1 })).toBe(3);
    expect(chooseRank([1, 0.5, 1e-9, 1e-11, 0], { threshold: 1 })).toBe(3);
    expect(numericalRank([1, 0.5, 1e-9, 1e-11, 0])).toBe(3);
  });

  it('gives 0 for zeros and for nothing', () => {
    expect(chooseRank([0, 0], { threshold: 0.9 })).toBe(0);
    expect(chooseRank([], { threshold: 0.9, minRank: 2 })).toBe(0);
  });

  it('is not moved by the size of the values', () => {
    for (const factor of [1e-200, 1e200])
      expect(chooseRank([4 * factor, 2 * factor, factor], { threshold: 0.9, mode: 'share_of_energy' })).toBe(2);
  });

  it('caps by maxRank and lifts to minRank', () => {
    expect(chooseRank([3, 2, 1, 1], { threshold: 1, maxRank: 2 })).toBe(2);
    expect(chooseRank([9, 1, 1, 1], { threshold: 0.1, minRank: 3 })).toBe(3);
    expect(chooseRank([9, 1], { threshold: 0.1, minRank: 3 })).toBe(2);
  });

  it('keeps the smallest rank that exceeds the threshold', () => {
    const values = fc.array(fc.double({ min: 1e-3, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (list, threshold) => {
        const s = list.toSorted((a, b) => b - a);
        const total = s.reduce((sum, value) => sum + value, 0);
        const share = (k: number) => s.slice(0, k).reduce((sum, value) => sum + value, 0) / total;
        const k = chooseRank(s, { threshold });
        expect(share(k)).toBeGreaterThan(threshold - 1e-12);
        expect(share(k - 1)).toBeLessThanOrEqual(threshold + 2e-12);
      }),
      seeded,
    );
  });

  it.each<[string, RankRule]>([
    ['threshold', { threshold: 0 }],
    ['threshold', { threshold: -1 }],
    ['threshold', { threshold: 1.01 }],
    ['threshold', { threshold: NaN }],
    ['threshold', { threshold: Infinity, mode: 'absolute' }],
    ['maxRank', { threshold: 0.5, maxRank: 0 }],
    ['maxRank', { threshold: 0.5, maxRank: 1.5 }],
    ['minRank', { threshold: 0.5, minRank: -1 }],
    ['minRank', { threshold: 0.5, minRank: 3, maxRank: 2 }],
    ['mode', { threshold: 0.5, mode: 'energy' as never }],
  ])('refuses a wrong %s', (field, rule) => {
    expect(() => chooseRank([1], rule)).toThrow(InvalidValueError);
    expect(() => chooseRank([1], rule)).toThrow(new RegExp(`^${field}: `));
  });
});

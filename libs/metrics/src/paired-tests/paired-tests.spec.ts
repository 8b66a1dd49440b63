import { waldTest } from './wald.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanStatistic } from '../statistic.ts';
import { delongTest } from './delong.ts';
import { holmAdjust } from './holm.ts';
import { mcnemarTest } from './mcnemar.ts';
import { pairedBootstrap } from './paired-bootstrap.ts';

describe('mcnemarTest', () => {
  it('does not care which side is which', () => expect(mcnemarTest(3, 11)).toBe(mcnemarTest(11, 3)));
  it('of six against none is 2 / 2^6', () => expect(mcnemarTest(6, 0)).toBeCloseTo(2 / 64, 14));
  it('refuses negative counts', () => expect(() => mcnemarTest(-1, 3)).toThrow('onlyARight'));
});

describe('delongTest', () => {
  const positive = [1, 1, 1, 1, 0, 0, 0, 0];
  const a = [0.9, 0.8, 0.4, 0.6, 0.1, 0.5, 0.3, 0.2];
  const b = [0.2, 0.8, 0.4, 0.5, 0.1, 0.5, 0.9, 0.2];

  it('changes sign with its sides', () => {
    const forward = delongTest(positive, a, b);
    const back = delongTest(positive, b, a);
    expect(back.difference).toBeCloseTo(-forward.difference, 14);
    expect(back.p).toBeCloseTo(forward.p!, 14);
    expect(forward.interval[0]).toBeLessThan(forward.difference);
  });

  it('of equal scores says nothing speaks against equality', () => {
    expect(delongTest(positive, a, a)).toMatchObject({ difference: 0, z: 0, p: 1 });
  });

  it('has no p-value where the difference has no variance', () => {
    const perfect = positive.map(Number);
    const { difference, z, p } = delongTest(
      positive,
      perfect,
      perfect.map(() => 0.5),
    );
    expect({ difference, z, p }).toEqual({ difference: 0.5, z: null, p: null });
  });

  it('refuses a class of one case and lists of different length', () => {
    expect(() => delongTest([1, 0, 0], [1, 2, 3], [1, 2, 3])).toThrow('got 1 positive and 2 negative');
    expect(() => delongTest(positive, a, [1])).toThrow(expect.objectContaining({ code: 'shape_mismatch' }));
  });
});

describe('holmAdjust', () => {
  it('never lowers a p-value, keeps their order and stays within 1', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (ps) => {
        const adjusted = holmAdjust(ps);
        ps.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(1);
          ps.forEach((q, j) => p < q && expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!));
        });
      }),
    );
  });

  it('refuses what is no p-value', () => expect(() => holmAdjust([0.1, NaN])).toThrow('pValues[1]'));
});

describe('pairedBootstrap', () => {
  const values = Float64Array.from({ length: 100 }, (_, row) => (row % 10) / 10);
  const shifted = values.map((value, row) => value + (row % 3 === 0 ? 0.2 : 0));

  it('finds a small difference that unpaired intervals hide', () => {
    const { difference, interval, p } = pairedBootstrap(meanStatistic(shifted), meanStatistic(values), 100, {
      seed: 0,
      resamples: 999,
    });
    expect(difference).toBeCloseTo(0.068, 12);
    expect(interval![0]).toBeGreaterThan(0);
    expect(p).toBeCloseTo(2 / 1000, 12); // the smallest that 999 resamples can say
  });

  it('of a statistic with itself is 0 with p = 1', () => {
    const statistic = meanStatistic(values);
    expect(pairedBootstrap(statistic, statistic, 100, { seed: 0, resamples: 50 })).toEqual({
      difference: 0,
      interval: [0, 0],
      p: 1,
      undefinedResamples: 0,
    });
  });
});

describe('waldTest', () => {
  it('gives the normal tail on both sides, whatever the sign', () => {
    expect(waldTest(1.959963984540054, 1)).toBeCloseTo(0.05, 10);
    expect(waldTest(-0.4, 0.1)).toBeCloseTo(6.334e-5, 8);
    expect(waldTest(0, 0.1)).toBe(1);
  });

  it('cannot judge a difference without any spread, and refuses what is no standard error', () => {
    expect(waldTest(0, 0)).toBe(1);
    expect(waldTest(0.1, 0)).toBeNull();
    expect(() => waldTest(0.1, NaN)).toThrow('standardError: expected a finite number from 0');
  });
});

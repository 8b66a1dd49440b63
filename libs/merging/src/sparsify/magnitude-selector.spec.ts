import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaussian } from '../../tests/support.ts';
import { MagnitudeSelector, selectMagnitude } from './magnitude-selector.ts';

const sorted = (entries: Float64Array) => entries.map(Math.abs).sort().reverse();
const kth = (entries: Float64Array, k: number, held?: number) => selectMagnitude(entries, () => k, held);

describe('the selection of the k-th largest magnitude', () => {
  it('equals sorting, for any numbers and any k', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 40 }),
        fc.nat(),
        (numbers, seed) => {
          const entries = Float64Array.from(numbers);
          const k = 1 + (seed % entries.length);
          const expected = k >= entries.length ? 0 : sorted(entries)[k - 1]!;
          expect(kth(entries, k)).toBe(expected);
          expect(kth(entries, k, 0)).toBe(expected);
        },
      ),
      { numRuns: 40, seed: 1 }, // each run holds histograms of a million bins,
    );
  });

  it('is Infinity for none and 0 for all', () => {
    const entries = Float64Array.of(3, -1);
    for (const held of [0, 100]) expect([0, 1, 2, 3].map((k) => kth(entries, k, held))).toEqual([Infinity, 3, 0, 0]);
  });

  it('reads a stream in any pieces, a short one once and a long one twice', () => {
    const normal = gaussian(1);
    const entries = Float64Array.from({ length: 70_000 }, () => normal());
    for (const length of [40_000, 70_000]) {
      const stream = entries.subarray(0, length);
      const selector = new MagnitudeSelector((count) => Math.floor(0.2 * count));
      let passes = 0;
      let threshold: number | undefined;
      while (threshold === undefined) {
        for (let start = 0; start < length; start += 7000) selector.add(stream.subarray(start, start + 7000));
        threshold = selector.endPass();
        passes++;
      }
      expect(threshold).toBe(sorted(stream)[0.2 * length - 1]);
      expect(passes).toBe(length > 2 ** 16 ? 2 : 1);
    }
  });

  it('tells numbers apart that agree in 42 leading bits, however many they are', () => {
    // 2^20 + 3 numbers of the last 9 bits only: the bin is too large to be collected at either level.
    const count = 2 ** 20 + 3;
    const entries = Float64Array.from({ length: count }, (_, i) => 1 + ((i * 7919) % 512) * 2 ** -52);
    const order = sorted(entries);
    for (const k of [1, 1000, count - 1]) expect(kth(entries, k)).toBe(order[k - 1]);
  });

  it('finds a number that very many share', () => {
    const entries = new Float64Array(2 ** 20 + 3).fill(-0.25);
    entries[5] = 3;
    expect(kth(entries, 1)).toBe(3);
    expect(kth(entries, 2)).toBe(0.25);
  });
});

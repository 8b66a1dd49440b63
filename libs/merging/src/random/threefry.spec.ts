import { describe, expect, it } from 'vitest';
import { randomWords, threefry } from './threefry.ts';

describe('threefry', () => {
  // Known answers of Random123 for threefry2x32 with 20 rounds.
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as const)('answers the published words under key %j', (key, counter, words) => {
    expect(threefry(key, counter)).toEqual(words);
  });

  it('gives a sequence whose words are those of the counters', () => {
    for (const key of [
      [0, 0],
      [0x13198a2e, 0x03707344],
      [0xffffffff, 7],
    ] as const) {
      const words = randomWords(key, 9);
      expect([...words]).toEqual([0, 1, 2, 3, 4].flatMap((i) => threefry(key, [i, 0])).slice(0, 9));
    }
  });

  it('spreads its words evenly', () => {
    const words = randomWords([1, 2], 100_000);
    const mean = words.reduce((sum, word) => sum + word / 2 ** 32, 0) / words.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.003); // more than three standard errors
    const bits = Array.from({ length: 32 }, (_, bit) => words.reduce((sum, word) => sum + ((word >>> bit) & 1), 0));
    for (const count of bits) expect(Math.abs(count - 50_000)).toBeLessThan(700); // four and a half
  });
});

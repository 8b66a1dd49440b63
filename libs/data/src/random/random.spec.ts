import { describe, expect, it } from 'vitest';
import { philox } from './philox.ts';
import { randomStream, streams } from './random-stream.ts';
import { permutation } from './shuffle.ts';

const hex = (counter: number[], key: number[]) => {
  const out = new Uint32Array(4);
  philox(Uint32Array.from(counter), Uint32Array.from(key), out);
  return [...out].map((word) => word.toString(16).padStart(8, '0')).join(' ');
};

describe('philox', () => {
  // Known answers of Random123's kat_vectors for philox4x32-10.
  it('gives the published numbers', () => {
    expect(hex([0, 0, 0, 0], [0, 0])).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    const ones = 0xffffffff;
    expect(hex([ones, ones, ones, ones], [ones, ones])).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
    expect(hex([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toBe('d16cfe09 94fdcceb 5001e420 24126ea1');
  });
});

describe('randomStream', () => {
  const draws = (...args: Parameters<typeof randomStream>) => {
    const stream = randomStream(...args);
    return Array.from({ length: 9 }, () => stream.uint32());
  };

  it('depends on seed, stream, epoch and index, and on nothing else', () => {
    const base = draws(1, streams.augment, 2, 3);
    expect(draws(1, streams.augment, 2, 3)).toEqual(base);
    const others = [draws(2, streams.augment, 2, 3), draws(1, streams.shuffle, 2, 3), draws(1, streams.augment, 3, 3), draws(1, streams.augment, 2, 4), draws(1 + 2 ** 32, streams.augment, 2, 3)];
    for (const other of others) expect(other).not.toEqual(base);
  });

  it('spreads evenly over [0, 1)', () => {
    const stream = randomStream(0, streams.split, 0, 0);
    const buckets = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 20_000; draw++) buckets[stream.integer(10)]!++;
    // Chi-squared with 9 degrees of freedom: 27.9 is exceeded once in a thousand seeds; this one is fixed.
    expect(buckets.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9);
  });
});

describe('permutation', () => {
  it('holds every number once, in another order in every epoch and for every seed', () => {
    const first = permutation(100, 0, streams.shuffle, 0);
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(permutation(100, 0, streams.shuffle, 0)).toEqual(first);
    expect(permutation(100, 0, streams.shuffle, 1)).not.toEqual(first);
    expect(permutation(100, 1, streams.shuffle, 0)).not.toEqual(first);
  });

  it('brings every number to every place about equally often', () => {
    const seen = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
    for (let epoch = 0; epoch < 4000; epoch++) permutation(4, 7, streams.shuffle, epoch).forEach((value, place) => seen[place]![value]!++);
    for (const count of seen.flat()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});

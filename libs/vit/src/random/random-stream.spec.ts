import { describe, expect, it } from 'vitest';
import { InvalidValueError } from '@medlego/errors';
import { philox4x32 } from './philox.ts';
import { RandomStream } from './random-stream.ts';

const words = (counter: number[], key0: number, key1: number): string[] => {
  const out = new Uint32Array(4);
  philox4x32(Uint32Array.from(counter), key0, key1, out);
  return [...out].map((word) => word.toString(16).padStart(8, '0'));
};

describe('philox4x32', () => {
  it('gives the known answers of the Random123 library', () => {
    const full = 0xffffffff;
    expect(words([0, 0, 0, 0], 0, 0)).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']);
    expect(words([full, full, full, full], full, full)).toEqual(['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd']);
    expect(words([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], 0xa4093822, 0x299f31d0)).toEqual([
      'd16cfe09',
      '94fdcceb',
      '5001e420',
      '24126ea1',
    ]);
  });
});

describe('RandomStream', () => {
  const moments = (values: Float32Array) => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    return { mean, std: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) };
  };

  it('repeats itself for one seed and name, and differs for another seed, name or upper half of a seed', () => {
    const draw = (seed: number, name: string) => new RandomStream(seed, name).normals(5, 1);
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    for (const other of [draw(2, 'a'), draw(1, 'b'), draw(1 + 2 ** 32, 'a')]) expect(other).not.toEqual(draw(1, 'a'));
  });

  it('has the mean and deviation asked for', () => {
    const stream = () => new RandomStream(7, 'moments');
    const normal = moments(stream().normals(40_000, 0.5));
    expect(Math.abs(normal.mean)).toBeLessThan(0.01);
    expect(Math.abs(normal.std - 0.5)).toBeLessThan(0.01);
    // A normal cut at two deviations keeps 0.8796 of its deviation; a uniform one has bound / √3.
    expect(Math.abs(moments(stream().truncatedNormals(40_000, 1)).std - 0.8796)).toBeLessThan(0.01);
    expect(Math.abs(moments(stream().uniforms(40_000, 1)).std - 1 / Math.sqrt(3))).toBeLessThan(0.01);
  });

  it('cuts truncated normals at two deviations and uniforms at their bound', () => {
    const within = (values: Float32Array, bound: number) => values.every((value) => Math.abs(value) <= bound);
    expect(within(new RandomStream(0, 'cut').truncatedNormals(20_000, 0.02), 0.0400001)).toBe(true);
    expect(within(new RandomStream(0, 'cut').uniforms(20_000, 0.3), 0.3000001)).toBe(true);
  });

  it('refuses seeds that are no whole number', () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) expect(() => new RandomStream(seed, 'a')).toThrow(InvalidValueError);
  });
});

import { InvalidValueError } from '@medlego/errors';
import { describe, expect, it } from 'vitest';
import { denseSum, distance, float32Tolerance, mergedDense, randomMember } from '../../tests/support.ts';

const pem = { method: 'pem' };
const a = randomMember('a', 1);
const b = randomMember('b', 2);

describe('pem', () => {
  it('composes factors with weights that sum to 1', () => {
    const small = mergedDense(
      [
        { ...a, weight: 0.2 },
        { ...b, weight: 0.6 },
      ],
      pem,
    );
    const large = mergedDense(
      [
        { ...a, weight: 1 },
        { ...b, weight: 3 },
      ],
      pem,
    );
    expect(distance(small, large)).toBeLessThan(float32Tolerance);
  });

  it('equals pre-merge averaging for equal weights', () => {
    expect(distance(mergedDense([a, b], pem), mergedDense([a, b], { method: 'linear' }))).toBeLessThan(
      float32Tolerance,
    );
  });

  it('negates a module in B alone', () => {
    expect(distance(mergedDense([{ ...a, weight: -2 }], pem), denseSum([a], [-1]))).toBeLessThan(float32Tolerance);
    const without = mergedDense([a, { ...b, weight: -1 }], pem);
    const module = 'blocks.0.attn.q';
    const turned = { ...b.updates[module]!, b: b.updates[module]!.b.map((value) => -value) };
    const other = { ...b, updates: { ...b.updates, [module]: turned } };
    expect(distance(without, mergedDense([a, other], pem))).toBeLessThan(float32Tolerance);
  });

  it('refuses weights that are all zero', () => {
    expect(() => mergedDense([{ ...a, weight: 0 }], pem)).toThrow(InvalidValueError);
  });
});

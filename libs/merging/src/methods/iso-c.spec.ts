import { fromRowMajor, svd } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { goldenError } from '../../tests/full-golden.ts';
import { denseSum, distance, float32Tolerance, mergedDense, needGolden, randomMember } from '../../tests/support.ts';
import { mergeAdapters } from '../index.ts';

const isoC = { method: 'iso_c' };
const members = [randomMember('a', 1, { rank: 3 }), randomMember('b', 2, { rank: 2 })];

describe('iso_c', () => {
  it('equals numpy on dense updates', (context) => {
    needGolden(context);
    expect(goldenError('iso_c', isoC)).toBeLessThan(1e-9);
  });

  it('gives every direction of the sum the mean of its singular values in core space', () => {
    const { s } = svd(fromRowMajor(12, 10, denseSum(members, [1, 1])));
    const mean = s.slice(0, 5).reduce((sum, value) => sum + value, 0) / 5;
    const { singularValues } = mergeAdapters(members, isoC).report.modules[0]!;
    expect(singularValues.length).toBe(5);
    for (const value of singularValues) expect(Math.abs(value / mean - 1)).toBeLessThan(1e-9);
  });

  it('takes the mean over all values of the dense matrix in full space, as published: the core times rank / side', () => {
    const core = mergedDense(members, isoC);
    const full = mergedDense(members, { ...isoC, space: 'full' });
    expect(
      distance(
        full,
        core.map((value) => (value * 5) / 10),
      ),
    ).toBeLessThan(float32Tolerance);
  });
});

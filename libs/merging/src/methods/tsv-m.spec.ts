import { describe, expect, it } from 'vitest';
import { goldenError } from '../../tests/full-golden.ts';
import { denseSum, distance, float32Tolerance, mergedDense, needGolden, randomMember } from '../../tests/support.ts';
import { mergeAdapters, type MergeMember } from '../index.ts';

const tsvM = { method: 'tsv_m' };

describe('tsv_m', () => {
  it('equals numpy on dense updates with floor(min / N) triplets a task', (context) => {
    needGolden(context);
    expect(goldenError('tsv_m', tsvM)).toBeLessThan(1e-9);
  });

  it('is the sum where tasks share no directions', () => {
    const unit = (position: number, value: number): MergeMember => {
      const b = new Float32Array(6);
      const a = new Float32Array(5);
      b[position] = a[position] = 1;
      return {
        name: `task${position}`,
        updates: { q: { out: 6, in: 5, rank: 1, b, e: Float32Array.of(value), a, scaling: 1 } },
      };
    };
    const members = [unit(0, 3), unit(1, -2), unit(4, 0.5)];
    expect(distance(mergedDense(members, tsvM, 'q'), denseSum(members, [1, 1, 1], 'q'))).toBeLessThan(float32Tolerance);
  });

  it('counts a direction that all share once, not once per task', () => {
    const member = randomMember('a', 6, { rank: 3 });
    const triplets = ['a', 'b', 'c'].map((name) => ({ ...member, name }));
    expect(distance(mergedDense(triplets, tsvM), denseSum([member], [1]))).toBeLessThan(1e-5);
  });

  it('keeps the rank of every task in core space, and the share of the side in full space', () => {
    const members = [randomMember('a', 1, { rank: 4 }), randomMember('b', 2, { rank: 1 })];
    const ranks = (recipe: object) => mergeAdapters(members, { ...tsvM, ...recipe }).report.modules.map(({ k }) => k);
    expect(ranks({})).toEqual([5, 5]);
    expect(ranks({ space: 'full' })).toEqual([5, 5]); // floor(10 / 2) triplets are more than there are
    expect(ranks({ params: { triplets: 'share' } })).toEqual([3, 3]); // floor(5 / 2) and 1
    expect(ranks({ space: 'full', params: { triplets: 'rank' } })).toEqual([5, 5]);
  });
});

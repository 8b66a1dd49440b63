import { describe, expect, it } from 'vitest';
import { denseSum, distance, float32Tolerance, mergedDense, randomMember } from '../../tests/support.ts';

const members = [randomMember('a', 1), { ...randomMember('b', 2, { rank: 3 }), weight: -0.5 }];

describe('task_arithmetic', () => {
  it.each(['full', 'core'])('is λ times the weighted sum in space %s', (space) => {
    const merged = mergedDense(members, { method: 'task_arithmetic', params: { lambda: 0.3 }, space });
    expect(distance(merged, denseSum(members, [0.3, -0.15]))).toBeLessThan(float32Tolerance);
  });
});

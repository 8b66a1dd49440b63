import { denseUpdate } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { distance, float32Tolerance, mergedDense, randomMember } from '../../tests/support.ts';

const members = [randomMember('a', 1), randomMember('b', 2)];

describe('breadcrumbs', () => {
  it('sums the middle of each module: no outliers, no small entries', () => {
    const expected = new Float64Array(120);
    for (const { updates } of members) {
      const dense = denseUpdate(updates['blocks.0.attn.q']!);
      const order = [...dense.keys()].sort((i, j) => Math.abs(dense[j]!) - Math.abs(dense[i]!));
      for (const i of order.slice(12, 12 + 36)) expected[i]! += dense[i]!;
    }
    const merged = mergedDense(members, { method: 'breadcrumbs', params: { density: 0.3, gamma: 0.1 } });
    expect(distance(merged, expected)).toBeLessThan(float32Tolerance);
  });

  it('refuses shares that are more than the whole', () => {
    const merge = () => mergedDense(members, { method: 'breadcrumbs', params: { density: 0.8, gamma: 0.3 } });
    expect(merge).toThrow(/density: expected a share of at most 1 - gamma \(0.7\), got 0.8/);
  });
});

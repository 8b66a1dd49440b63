import { denseUpdate } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { distance, float32Tolerance, mergedDense, randomMember } from '../../tests/support.ts';

describe('magmax', () => {
  it('takes per entry the weighted update of largest magnitude', () => {
    const members = [randomMember('a', 1), { ...randomMember('b', 2), weight: -2 }];
    const [a, b] = members.map(({ updates }) => denseUpdate(updates['blocks.0.attn.q']!));
    const expected = a!.map((entry, i) => (Math.abs(entry) > Math.abs(2 * b![i]!) ? entry : -2 * b![i]!));
    expect(distance(mergedDense(members, { method: 'magmax' }), expected)).toBeLessThan(float32Tolerance);
  });
});

import { describe, expect, it } from 'vitest';
import { denseSum, distance, mergedDense, randomMember } from '../../tests/support.ts';

describe('della', () => {
  it('has a single update as its mean over seeds', () => {
    const member = randomMember('a', 1);
    const draws = 300;
    const mean = new Float64Array(120);
    for (let seed = 0; seed < draws; seed++)
      mergedDense([member], { method: 'della', params: { seed } }).forEach((entry, i) => (mean[i]! += entry / draws));
    expect(distance(mean, denseSum([member], [1]))).toBeLessThan(2 / Math.sqrt(draws));
  });

  it('is TIES without trimming at density 1', () => {
    const members = [randomMember('a', 1), randomMember('b', 2), randomMember('c', 3)];
    const all = mergedDense(members, { method: 'della', params: { density: 1, epsilon: 0 } });
    expect(distance(all, mergedDense(members, { method: 'ties', params: { density: 1 } }))).toBeLessThan(1e-12);
  });

  it('refuses an epsilon that leads out of the probabilities', () => {
    const merge = () => mergedDense([randomMember('a', 1)], { method: 'della', params: { density: 0.9 } });
    expect(merge).toThrow(/epsilon: expected density - epsilon above 0 and density \+ epsilon at most 1/);
  });
});

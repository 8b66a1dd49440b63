import { describe, expect, it } from 'vitest';
import { randomMember, times } from '../tests/support.ts';
import { balanceFactors } from './balance.ts';
import { mergeAdapters } from './index.ts';

describe('norm balance', () => {
  it('brings every member to the mean norm', () => {
    const norms = [1, 2, 9];
    expect(balanceFactors(norms, 'norm').map((factor, i) => factor * norms[i]!)).toEqual([4, 4, 4]);
  });

  it('leaves zero members and unbalanced merges alone', () => {
    expect(balanceFactors([0, 2, 4], 'norm')).toEqual([1, 1.5, 0.75]);
    expect(balanceFactors([0, 0], 'norm')).toEqual([1, 1]);
    expect(balanceFactors([1, 100], 'none')).toEqual([1, 1]);
  });

  it('keeps a weak specialist that a rank cut would delete', () => {
    const members = [randomMember('strong', 1), times(randomMember('weak', 2), 0.02)];
    const params = { threshold: 0.9, maxRank: 2 };
    const plain = mergeAdapters(members, { method: 'med-lego', params }).report;
    const balanced = mergeAdapters(members, { method: 'med-lego', params: { ...params, balance: 'norm' } }).report;
    expect(plain.totals.perTask['weak']).toBeLessThan(0.1);
    expect(plain.warnings.map(({ code, member }) => [code, member])).toContainEqual(['task_nearly_lost', 'weak']);
    expect(balanced.totals.perTask['weak']).toBeGreaterThan(0.2);
    const norms = balanced.members.map(({ norm, balance }) => norm * balance);
    expect(norms[0]! / norms[1]!).toBeCloseTo(1, 12);
  });

  it('changes nothing between members of equal norm', () => {
    const a = randomMember('a', 1);
    const members = [a, times(a, -1, 'b'), times(a, 1, 'c')];
    const plain = mergeAdapters(members, { method: 'average' });
    const balanced = mergeAdapters(members, { method: 'average', params: { balance: 'norm' } });
    expect(balanced.updates).toEqual(plain.updates);
  });
});

import { describe, expect, it } from 'vitest';
import { denseSum, distance, float32Tolerance, mergedDense, randomMember } from '../../tests/support.ts';
import { mergeAdapters, type MergeMember } from '../index.ts';

const svc = { method: 'svc' };

/** A member that answers input `column` with output `row`. */
const entry = (name: string, row: number, column: number, value: number): MergeMember => {
  const b = new Float32Array(6);
  const a = new Float32Array(5);
  b[row] = a[column] = 1;
  return { name, updates: { q: { out: 6, in: 5, rank: 1, b, e: Float32Array.of(value), a, scaling: 1 } } };
};

describe('svc', () => {
  it('restores tasks without shared directions to full strength', () => {
    const members = [entry('a', 0, 0, 3), entry('b', 1, 1, 2), entry('c', 2, 2, 1)];
    const merged = mergedDense(members, { ...svc, params: { alpha: 0.01 } }, 'q');
    expect(distance(merged, denseSum(members, [1, 1, 1], 'q'))).toBeLessThan(float32Tolerance);
  });

  it('restores by 1 / alpha at most', () => {
    const members = ['a', 'b', 'c', 'd'].map((name, i) => entry(name, i, i, 4 - i));
    const { strength } = mergeAdapters(members, { ...svc, params: { alpha: 0.5 } }).report.totals;
    for (const value of Object.values(strength)) expect(value).toBeCloseTo(0.5, 6); // the mean's 1/4, times 2
  });

  it('averages duplicates to themselves, from the mean and from the sum', () => {
    const member = randomMember('a', 6);
    const twins = ['a', 'b', 'c'].map((name) => ({ ...member, name }));
    for (const base of ['mean', 'sum'])
      expect(distance(mergedDense(twins, { ...svc, params: { base } }), denseSum([member], [1]))).toBeLessThan(1e-5);
  });

  it('turns down what the sum counts twice and nothing else, at alpha 1', () => {
    const members = [entry('a', 0, 0, 2), entry('b', 0, 0, 2), entry('c', 1, 1, 5)];
    const merged = mergedDense(members, { ...svc, params: { base: 'sum', alpha: 1 } }, 'q');
    const expected = denseSum(members, [0.5, 0.5, 1], 'q');
    expect(distance(merged, expected)).toBeLessThan(float32Tolerance);
  });

  it('calibrates TIES as it does the mean: one member is restored to what TIES kept of it, and more', () => {
    const members = [1, 2, 3].map((seed) => randomMember(`m${seed}`, seed));
    const strengthOf = (recipe: object) =>
      Object.values(mergeAdapters(members, { ...svc, ...recipe }).report.totals.strength).reduce<number>(
        (sum, value) => sum + value! / 3,
        0,
      );
    const ties = strengthOf({ method: 'ties', space: 'core' });
    const calibrated = strengthOf({ params: { base: 'ties', alpha: 0.01 } });
    expect(calibrated).toBeGreaterThan(ties);
    expect(calibrated).toBeLessThan(1.2);
  });

  it('computes γ as the paper does where tasks overlap in part', () => {
    // One output direction: responses (2, 0) and (1, 1); the mean's is (1.5, 0.5).
    const c = entry('b', 0, 0, 1).updates['q']!;
    const members = [entry('a', 0, 0, 2), { name: 'b', updates: { q: { ...c, a: Float32Array.of(1, 1, 0, 0, 0) } } }];
    const [s1, s2] = [(1.5 * 2) / 4, (1.5 + 0.5) / 2];
    const gamma = 2 / (s1 + s2);
    const merged = mergedDense(members, svc, 'q');
    expect(
      distance(
        merged,
        denseSum(members, [0.5, 0.5], 'q').map((value) => gamma * value),
      ),
    ).toBeLessThan(float32Tolerance);
  });
});

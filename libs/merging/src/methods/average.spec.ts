import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { denseSum, distance, float32Tolerance, mergedDense, norm, randomMember, times } from '../../tests/support.ts';
import { peftCase, peftCases } from '../../tests/peft.ts';
import { needGolden } from '../../tests/support.ts';
import { mergeAdapters, type MergeMember } from '../index.ts';

const average = { method: 'average' };
const anyMembers = fc
  .array(fc.record({ seed: fc.nat(), rank: fc.integer({ min: 1, max: 5 }), scaling: fc.constantFrom(0.5, 2, -3) }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((list): MergeMember[] => list.map(({ seed, ...shape }, i) => randomMember(`task${i}`, seed, shape)));

describe('average', () => {
  it('is the mean of the dense updates, mixed ranks and rank sums above the size included', () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        const mean = denseSum(
          members,
          members.map(() => 1 / members.length),
        );
        expect(distance(mergedDense(members, average), mean)).toBeLessThan(float32Tolerance);
        expect(distance(mergedDense(members, { ...average, space: 'full' }), mean)).toBeLessThan(float32Tolerance);
      }),
      { seed: 7, numRuns: 40 },
    );
  });

  it('reproduces a single member, scale included', () => {
    const member = randomMember('only', 5, { scaling: 4 });
    expect(distance(mergedDense([member], average), denseSum([member], [1]))).toBeLessThan(float32Tolerance);
  });

  it('averages duplicates to themselves', () => {
    const member = randomMember('a', 6);
    const twins = ['a', 'b', 'c'].map((name) => ({ ...member, name }));
    const { updates } = mergeAdapters(twins, average);
    expect(updates['blocks.0.attn.q']!.rank).toBe(2);
    expect(distance(mergedDense(twins, average), denseSum([member], [1]))).toBeLessThan(float32Tolerance);
  });

  it('cancels +Δ and −Δ to an absent module', () => {
    const member = randomMember('a', 7);
    const { updates, report } = mergeAdapters([member, times(member, -1, 'b')], average);
    expect(updates).toEqual({});
    expect(report.warnings.map(({ code }) => code)).toContain('zero_result');
    expect(report.modules[0]).toMatchObject({ k: 0, singularValues: [], energyKept: null, strength: { a: 0, b: 0 } });
  });

  it('is the sum with normalize "none", and takes weights of any sign', () => {
    const members = [randomMember('a', 1), randomMember('b', 2), randomMember('c', 3)];
    const weights = [1, -2, 0.25];
    const weighted = members.map((member, i) => ({ ...member, weight: weights[i]! }));
    const sum = mergedDense(weighted, { ...average, params: { normalize: 'none' } });
    expect(distance(sum, denseSum(members, weights))).toBeLessThan(float32Tolerance);
    expect(
      distance(
        mergedDense(weighted, average),
        denseSum(
          members,
          weights.map((weight) => weight / 3),
        ),
      ),
    ).toBeLessThan(float32Tolerance);
  });

  it('subtracting a member restores the rest', () => {
    const [a, b] = [randomMember('a', 1), randomMember('b', 2)];
    const both: MergeMember = {
      name: 'both',
      updates: mergeAdapters([a, b], { ...average, params: { normalize: 'none' } }).updates,
    };
    const rest = mergedDense([both, { ...b, weight: -1 }], { ...average, params: { normalize: 'none' } });
    expect(distance(rest, denseSum([a], [1]))).toBeLessThan(1e-5);
  });

  it('divides by the sum of weights on request, and refuses a sum that is not positive', () => {
    const members = [
      { ...randomMember('a', 1), weight: 3 },
      { ...randomMember('b', 2), weight: 1 },
    ];
    const recipe = { ...average, params: { normalize: 'weights' } };
    expect(distance(mergedDense(members, recipe), denseSum(members, [0.75, 0.25]))).toBeLessThan(float32Tolerance);
    expect(() => mergeAdapters([members[0]!, { ...members[1]!, weight: -3 }], recipe)).toThrow(
      /weights: expected a positive sum/,
    );
  });

  it('takes a module that a member does not touch as zero', () => {
    const a = randomMember('a', 1);
    const b: MergeMember = {
      name: 'b',
      updates: { 'blocks.0.attn.q': randomMember('b', 2).updates['blocks.0.attn.q']! },
    };
    expect(
      distance(mergedDense([a, b], average, 'blocks.0.attn.v'), denseSum([a], [0.5], 'blocks.0.attn.v')),
    ).toBeLessThan(float32Tolerance);
  });

  it('keeps the exact rank of the stacked factors', () => {
    const members = [randomMember('a', 1, { rank: 1 }), randomMember('b', 2, { rank: 4 })];
    expect(mergeAdapters(members, average).report.modules.map(({ k }) => k)).toEqual([5, 5]);
  });

  it.for(peftCases('cat'))('equals PEFT %s', (name, context) => {
    needGolden(context);
    const { members, expected } = peftCase(name);
    const recipe = { ...average, params: { normalize: 'none' } };
    for (const [module, delta] of expected) {
      expect(norm(delta)).toBeGreaterThan(0);
      expect(distance(mergedDense(members, recipe, module), delta)).toBeLessThan(1e-5);
    }
  });
});

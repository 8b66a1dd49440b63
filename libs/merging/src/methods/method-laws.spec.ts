import { describe, expect, it } from 'vitest';
import {
  distance,
  expectOrthonormalFactors,
  float32Tolerance,
  mergedDense,
  norm,
  randomMember,
  randomUpdate,
  times,
  withStatistics,
} from '../../tests/support.ts';
import { methodsOnSpaces } from '../../tests/methods.ts';
import { mergeAdapters, type MergeMember } from '../index.ts';

/** What holds for every method on every space that it declares; a new method is tested here from its first line on. */
describe.each(methodsOnSpaces())('$method.id in space $space', ({ method, space }) => {
  const recipe = { method: method.id, space };
  const equalRanks = method.factorsOnly ? { rank: 2 } : {};
  const members = [
    randomMember('blood', 1),
    randomMember('breast', 2, { rank: 1, ...equalRanks }),
    randomMember('derma', 3, { rank: 3, scaling: -0.5, ...equalRanks }),
  ].map(withStatistics);

  it('gives the same bytes whatever the order of the members and of their modules', () => {
    const expected = mergeAdapters(members, recipe);
    const shuffled = [members[2]!, members[0]!, members[1]!].map((member) => ({
      ...member,
      updates: Object.fromEntries(Object.entries(member.updates).reverse()),
    }));
    const result = mergeAdapters(shuffled, recipe);
    expect(result.updates).toEqual(expected.updates);
    expect(JSON.stringify(result.report)).toBe(JSON.stringify(expected.report));
  });

  it('returns orthonormal float32 factors with falling, positive e', () => {
    for (const update of Object.values(mergeAdapters(members, recipe).updates)) {
      expect(update.b).toBeInstanceOf(Float32Array);
      expectOrthonormalFactors(update);
    }
  });

  it('turns each triplet so that the largest entry of its column of b is positive', () => {
    for (const { b, rank } of Object.values(mergeAdapters(members, recipe).updates))
      for (let j = 0; j < rank; j++) {
        const column = [...b].filter((_, i) => i % rank === j);
        const largest = Math.max(...column.map(Math.abs));
        expect(column.find((value) => Math.abs(value) >= (1 - 2e-6) * largest)).toBeGreaterThan(0);
      }
  });

  it('leaves its inputs alone', () => {
    const before = structuredClone(members);
    mergeAdapters(members, recipe);
    expect(members).toEqual(before);
  });

  it('multiplies the result by lambda', () => {
    const plain = mergedDense(members, recipe);
    const scaled = mergedDense(members, { ...recipe, params: { lambda: -2.5 } });
    expect(
      distance(
        scaled,
        plain.map((value) => -2.5 * value),
      ),
    ).toBeLessThan(float32Tolerance);
  });

  it('is the zero update, absent and without NaN, when every member is zero', () => {
    const untrained = members.map((member): MergeMember => ({
      ...member,
      updates: Object.fromEntries(
        Object.entries(member.updates).map(([module, update]) => [
          module,
          { ...update, b: new Float32Array(update.b.length) },
        ]),
      ),
    }));
    for (const zeros of [members.map((member) => times(member, 0)), untrained]) {
      const { updates, report } = mergeAdapters(zeros, recipe);
      expect(updates).toEqual({});
      expect(report.modules.map(({ k, energyKept }) => [k, energyKept])).toEqual([
        [0, null],
        [0, null],
      ]);
      expect(JSON.stringify(report)).not.toContain('NaN');
    }
  });

  it('survives zeros in E, repeated columns, rank 1 and rank sums above the size', () => {
    const update = randomUpdate(9, { out: 6, in: 5, rank: 2 });
    const b = update.b.slice();
    for (let i = 0; i < 6; i++) b[2 * i + 1] = b[2 * i]!;
    const updates = [
      { ...update, e: Float32Array.of(0, 1) },
      { ...update, b },
      randomUpdate(10, { out: 6, in: 5, rank: method.factorsOnly ? 2 : 1 }),
      randomUpdate(11, { out: 6, in: 5, rank: method.factorsOnly ? 2 : 8 }),
    ];
    const odd = updates.map((q, i): MergeMember => withStatistics({ name: `m${i}`, updates: { q } }, i));
    const merged = mergedDense(odd, recipe, 'q');
    expect(merged.every(Number.isFinite)).toBe(true);
    if (!method.laws.mayVanish) expect(norm(merged)).toBeGreaterThan(0);
  });

  it('makes a report that survives JSON', () => {
    const { report } = mergeAdapters(members, recipe);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

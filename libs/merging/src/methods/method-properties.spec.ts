import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { methodsOnSpaces } from '../../tests/methods.ts';
import { denseSum, distance, mergedDense, norm, randomMember, times, withStatistics } from '../../tests/support.ts';
import { mergeAdapters, type MergeMember, type MergeMethod } from '../index.ts';
import { type LawParams, type MethodLaws } from '../method-laws.ts';

/** Few, because there are many methods: another seed a day would find what these miss, and these give the same every day. */
const runs = { numRuns: 6, seed: 5 };
const tolerance = 1e-5;

/** Two to four members of small modules, their sum of ranks below and above the sizes; of one rank where the method wants that. */
const membersFor = ({ factorsOnly }: MergeMethod, most = 4): fc.Arbitrary<MergeMember[]> =>
  fc
    .record({
      out: fc.integer({ min: 3, max: 9 }),
      in: fc.integer({ min: 3, max: 9 }),
      ranks: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: most }),
      seed: fc.nat({ max: 1e6 }),
    })
    .map(({ ranks, seed, ...size }) =>
      ranks.map((rank, i) =>
        withStatistics(
          randomMember(`m${i}`, seed + i, { ...size, rank: factorsOnly ? ranks[0]! : rank, scaling: 0.5 + i }),
          seed + i,
        ),
      ),
    );

describe.each(methodsOnSpaces())('$method.id in space $space, with random members,', ({ method, space }) => {
  const recipe = { method: method.id, space };
  const check = (property: (members: MergeMember[]) => void, most?: number) =>
    fc.assert(
      fc.property(membersFor(method, most), (members) => void property(members)),
      runs,
    );

  it('gives the same bytes for every order of the members', () => {
    fc.assert(
      fc.property(
        membersFor(method).chain((members) =>
          fc.tuple(fc.constant(members), fc.shuffledSubarray(members, { minLength: members.length })),
        ),
        ([members, shuffled]) =>
          void expect(mergeAdapters(shuffled, recipe).updates).toEqual(mergeAdapters(members, recipe).updates),
      ),
      runs,
    );
  });

  it('grows with its members: all of them times 3 give 3 times the result', () => {
    check((members) => {
      const merged = mergedDense(members, recipe);
      const scaled = mergedDense(
        members.map((member) => times(member, 3)),
        recipe,
      );
      expect(norm(scaled.map((value, i) => value - 3 * merged[i]!))).toBeLessThanOrEqual(
        tolerance * norm(scaled) + 1e-12,
      );
    });
  });

  it('stays finite beside a zero member', () => {
    check((members) => {
      const merged = mergedDense([...members, times(members[0]!, 0, 'zero')], recipe);
      expect(merged.every(Number.isFinite)).toBe(true);
    });
  });

  it(method.factorsOnly ? 'refuses mixed ranks and names both members' : 'merges mixed ranks', () => {
    const members = [randomMember('a', 1, { rank: 1 }), randomMember('b', 2, { rank: 3 })].map(withStatistics);
    if (method.factorsOnly)
      expect(() => mergeAdapters(members, recipe)).toThrow(
        expect.objectContaining({
          code: 'member_rank',
          facts: { module: 'blocks.0.attn.q', first: 'a', firstRank: 1, second: 'b', secondRank: 3 },
        }),
      );
    else expect(Object.keys(mergeAdapters(members, recipe).updates).length).toBeLessThanOrEqual(2);
  });

  /** What a promise of the method's says, as a test. */
  const laws: Record<keyof MethodLaws, [title: string, law: (params: LawParams) => void] | undefined> = {
    single: [
      'reproduces a single member',
      (params) =>
        check(([member]) =>
          expect(distance(mergedDense([member!], { ...recipe, params }), denseSum([member!], [1]))).toBeLessThan(
            tolerance,
          ),
        ),
    ],
    duplicates: [
      'merges copies of one member to it',
      (params) =>
        check(([member]) => {
          const copies = ['a', 'b', 'c'].map((name) => ({ ...member!, name }));
          expect(distance(mergedDense(copies, { ...recipe, params }), denseSum([member!], [1]))).toBeLessThan(
            tolerance,
          );
        }),
    ],
    cancels: [
      'merges a member and its negative to zero',
      (params) =>
        check(([member]) => {
          const { updates } = mergeAdapters([member!, times(member!, -1, 'negative')], { ...recipe, params });
          expect(updates).toEqual({});
        }),
    ],
    signedWeights: [
      'takes a member of weight -1 for its negative',
      (params) =>
        check((members) => {
          const [first, ...rest] = members;
          const negative = mergedDense([{ ...first!, weight: -1 }, ...rest], { ...recipe, params });
          const expected = mergedDense([times(first!, -1), ...rest], { ...recipe, params });
          expect(norm(negative.map((value, i) => value - expected[i]!))).toBeLessThanOrEqual(
            tolerance * norm(expected) + 1e-12,
          );
        }),
    ],
    ignoresZero: [
      'is not changed by a zero member',
      (params) =>
        check((members) => {
          const merged = mergedDense(members, { ...recipe, params });
          const beside = mergedDense([...members, times(members[0]!, 0, 'zero')], { ...recipe, params });
          expect(distance(beside, merged)).toBeLessThan(tolerance);
        }),
    ],
    weightless: [
      'takes a member of weight 0 for absent',
      (params) =>
        check((members) => {
          const [first, ...rest] = members;
          const without = mergedDense(rest, { ...recipe, params });
          const beside = mergedDense([{ ...first!, weight: 0 }, ...rest], { ...recipe, params });
          expect(distance(beside, without)).toBeLessThan(tolerance);
        }),
    ],
    basisFree: [
      'gives the same in every space',
      (params) =>
        check((members) => {
          const [first, ...others] = method.spaces.map((id) =>
            mergedDense(members, { method: method.id, params, space: id }),
          );
          for (const other of others)
            expect(norm(other.map((value, i) => value - first![i]!))).toBeLessThanOrEqual(
              tolerance * norm(first!) + 1e-12,
            );
        }),
    ],
    mayVanish: undefined,
  };
  for (const [law, params] of Object.entries(method.laws) as [keyof MethodLaws, LawParams][]) {
    const [title, assertLaw] = laws[law] ?? [];
    if (title) it(`${title} (${JSON.stringify(params)})`, () => assertLaw!(params));
  }
});

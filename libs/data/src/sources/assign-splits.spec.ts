import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignSplits, type SplitItem } from './assign-splits.ts';
import { defaultFractions } from './options.ts';

const items = (counts: Record<string, number>): SplitItem[] =>
  Object.entries(counts).flatMap(([stratum, count]) => Array.from({ length: count }, (_, index) => ({ stratum, group: `${stratum}${index}` })));

const count = (list: readonly SplitItem[], splits: readonly string[], stratum: string, split: string) =>
  splits.filter((name, index) => name === split && list[index]!.stratum === stratum).length;

describe('assignSplits', () => {
  it('keeps the shares in every class', () => {
    const list = items({ rare: 20, common: 200 });
    const splits = assignSplits(list, defaultFractions, 0);
    expect(['train', 'val', 'test'].map((split) => count(list, splits, 'common', split))).toEqual([140, 20, 40]);
    expect(['train', 'val', 'test'].map((split) => count(list, splits, 'rare', split))).toEqual([14, 2, 4]);
  });

  it('gives every split an image of every class that has three', () => {
    const list = items({ a: 3, b: 4 });
    const splits = assignSplits(list, defaultFractions, 1);
    for (const stratum of ['a', 'b']) for (const split of ['train', 'val', 'test']) expect(count(list, splits, stratum, split)).toBeGreaterThan(0);
  });

  it('is decided by the seed', () => {
    const list = items({ a: 50, b: 50 });
    expect(assignSplits(list, defaultFractions, 3)).toEqual(assignSplits(list, defaultFractions, 3));
    expect(assignSplits(list, defaultFractions, 4)).not.toEqual(assignSplits(list, defaultFractions, 3));
  });

  it('never parts a group', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ stratum: fc.constantFrom('a', 'b'), group: fc.constantFrom('p', 'q', 'r', 's', 't') }), { minLength: 1, maxLength: 40 }), fc.nat(99), (list, seed) => {
        const splits = assignSplits(list, defaultFractions, seed);
        for (const group of new Set(list.map((item) => item.group)))
          expect(new Set(splits.filter((_, index) => list[index]!.group === group)).size).toBe(1);
      }),
    );
  });

  it('makes no split that is not wanted', () => {
    expect(assignSplits(items({ a: 10 }), { train: 0.9, val: 0.1, test: 0 }, 0)).not.toContain('test');
  });

  it('refuses shares that do not sum to 1', () => {
    expect(() => assignSplits(items({ a: 1 }), { train: 0.9, val: 0.2, test: 0 }, 0)).toThrow(/splitFractions: expected three shares that sum to 1/);
  });
});

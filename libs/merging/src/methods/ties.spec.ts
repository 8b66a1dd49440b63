import { fromRowMajor, multiply, toRowMajor, type Matrix } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { peftCase, peftCases } from '../../tests/peft.ts';
import { distance, mergedDense, needGolden, norm, randomMember } from '../../tests/support.ts';
import { electSign } from '../consensus/elect-sign.ts';
import { findMethod, mergeAdapters } from '../index.ts';
import { keepFrom } from '../sparsify/largest-entries.ts';
import { selectMagnitude } from '../sparsify/magnitude-selector.ts';

const signMethods = {
  'ties-total': 'total',
  'ties-frequency': 'frequency',
  ties_svd: 'total',
  'ties_svd-full-rank': 'frequency',
} as const;
const densities = { 'ties-total': 0.5, 'ties-frequency': 0.5, ties_svd: 0.2, 'ties_svd-full-rank': 0.2 } as const;
type Case = keyof typeof densities;

describe('ties', () => {
  it('trims to a fifth of all entries, elects by sums and takes means by default', () => {
    expect(findMethod('ties').configure(undefined).params).toMatchObject({
      density: 0.2,
      thresholdScope: 'global',
      majoritySign: 'total',
      mergeFunction: 'mean',
      convention: 'paper',
      lambda: 1,
      threshold: 1,
    });
  });

  it('depends on the basis: cores give another merge than dense updates, and the report says which it was', () => {
    const members = [randomMember('a', 1), randomMember('b', 2)];
    const [full, core] = ['full', 'core'].map((space) => mergedDense(members, { method: 'ties', space }));
    expect(distance(core!, full!)).toBeGreaterThan(0.1);
    expect(mergeAdapters(members, { method: 'ties' }).report.space).toBe('full');
    expect(mergeAdapters(members, { method: 'ties', space: 'core' }).report.space).toBe('core');
  });

  it('trims every member by itself: a small one keeps as many entries as a large one', () => {
    const large = randomMember('large', 1);
    const small = randomMember('small', 2, { scaling: 1e-3 });
    const alone = mergedDense([small], { method: 'ties' });
    const sum = mergedDense([large, small], { method: 'ties', params: { mergeFunction: 'sum' } });
    const kept = alone.filter((entry, i) => entry !== 0 && Math.abs(sum[i]! - entry) < 1e-3 * Math.abs(entry)).length;
    expect(kept).toBeGreaterThan(0);
  });

  it.for(peftCases('ties_svd'))('equals PEFT %s', (name, context) => {
    needGolden(context);
    const { members, rank, expected } = peftCase(name);
    const recipe = {
      method: 'ties',
      params: {
        density: densities[name as Case],
        majoritySign: signMethods[name as Case],
        thresholdScope: 'module',
        convention: 'peft',
        maxRank: rank,
      },
    };
    for (const [module, delta] of expected) {
      expect(norm(delta)).toBeGreaterThan(0);
      expect(distance(mergedDense(members, recipe, module), delta)).toBeLessThan(1e-4);
    }
  });

  it.for(peftCases('ties'))('has the parts that PEFT %s applies to A and B apart', (name, context) => {
    needGolden(context);
    const { members, expected } = peftCase(name);
    for (const [module, delta] of expected) {
      const updates = members.map((member) => member.updates[module]!);
      const roots = updates.map(({ scaling }, i) => Math.sqrt(members[i]!.weight! * scaling));
      const merge = (factors: Matrix[]): Matrix =>
        electSign.apply(
          factors.map((factor) =>
            keepFrom(
              factor,
              selectMagnitude(factor.data, (count) => Math.floor(densities[name as Case] * count)),
            ),
          ),
          roots,
          { majoritySign: signMethods[name as Case], mergeFunction: 'mean', convention: 'peft' },
          () => 0,
        );
      const b = merge(updates.map((update) => fromRowMajor(update.out, update.rank, update.b)));
      const a = merge(updates.map((update) => fromRowMajor(update.rank, update.in, update.a)));
      expect(distance(toRowMajor(multiply(b, a)), delta)).toBeLessThan(1e-5);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { expectFullUpdate, fullDeltas, fullMasks, fullSettings } from '../../tests/model-golden.ts';
import { distance, mergedDense, needGolden, randomMember } from '../../tests/support.ts';
import { electSign } from '../consensus/elect-sign.ts';
import { dropEntries } from '../sparsify/random-drop.ts';

describe('dare_ties', () => {
  it('gives the numbers of numpy with its masks, to 1e-9', (context) => {
    needGolden(context);
    const { drop_rate: rate = 0, lambda = 0 } = fullSettings('dare_ties');
    const params = { majoritySign: 'total', mergeFunction: 'mean', convention: 'paper' } as const;
    const merged = [...fullDeltas()].map(([name, deltas]) => {
      const masks = fullMasks(name);
      const kept = deltas.map((delta, i) => dropEntries(delta, (index) => masks[i]!.data[index] === 1, 1 / (1 - rate)));
      const elected = electSign.apply(kept, [1, 1, 1, 1], params, () => 0);
      return [name, { ...elected, data: elected.data.map((entry) => lambda * entry) }] as const;
    });
    expectFullUpdate('dare_ties', new Map(merged));
  });

  it('is TIES without trimming where nothing is dropped', () => {
    const members = [randomMember('a', 1), randomMember('b', 2), randomMember('c', 3)];
    const dare = mergedDense(members, { method: 'dare_ties', params: { dropRate: 0 } });
    expect(distance(dare, mergedDense(members, { method: 'ties', params: { density: 1 } }))).toBe(0);
  });

  it('refuses to drop everything', () => {
    const merge = () => mergedDense([randomMember('a', 1)], { method: 'dare_ties', params: { dropRate: 1 } });
    expect(merge).toThrow(/dropRate/);
  });
});

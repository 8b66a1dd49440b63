import { weightedSum } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { expectFullUpdate, fullDeltas, fullMasks, fullSettings } from '../../tests/model-golden.ts';
import { denseSum, distance, mergedDense, needGolden, norm, randomMember } from '../../tests/support.ts';
import { dropEntries } from '../sparsify/random-drop.ts';

const members = [randomMember('a', 1), randomMember('b', 2)];

describe('dare_linear', () => {
  it('gives the numbers of numpy with its masks, to 1e-9', (context) => {
    needGolden(context);
    const { drop_rate: rate = 0, lambda = 0 } = fullSettings('dare_linear');
    const merged = [...fullDeltas()].map(([name, deltas]) => {
      const masks = fullMasks(name);
      const kept = deltas.map((delta, i) => dropEntries(delta, (index) => masks[i]!.data[index] === 1, 1 / (1 - rate)));
      return [
        name,
        weightedSum(
          kept,
          kept.map(() => lambda),
        ),
      ] as const;
    });
    expectFullUpdate('dare_linear', new Map(merged));
  });

  it.each(['full', 'core'])('has the sum of the updates as its mean over seeds in space %s', (space) => {
    const draws = 300;
    const mean = new Float64Array(120);
    for (let seed = 0; seed < draws; seed++)
      mergedDense(members, { method: 'dare_linear', params: { dropRate: 0.5, seed }, space }).forEach(
        (entry, i) => (mean[i]! += entry / draws),
      );
    // The relative deviation of one draw is 1, so that of the mean is 1 / √draws.
    expect(distance(mean, denseSum(members, [1, 1]))).toBeLessThan(2 / Math.sqrt(draws));
  });

  it('drops the same entries of a member whatever it is called and whoever is beside it', () => {
    const recipe = { method: 'dare_linear', params: { dropRate: 0.5 } };
    const [a, b] = members as [(typeof members)[0], (typeof members)[0]];
    const alone = mergedDense([a], recipe);
    expect(distance(mergedDense([{ ...a, name: 'z' }], recipe), alone)).toBe(0);
    const both = mergedDense([{ ...a, name: 'z' }, b], recipe);
    const rest = mergedDense([b], recipe);
    expect(norm(both.map((entry, i) => entry - alone[i]! - rest[i]!)) / norm(both)).toBeLessThan(1e-5);
  });
});

import { describe, expect, it } from 'vitest';
import { distance, float32Tolerance, mergedDense, norm, randomMember } from '../../tests/support.ts';
import { mergeAdapters, type MergeMember } from '../index.ts';

const isoCts = { method: 'iso_cts' };

describe('iso_cts', () => {
  it('is Iso-C when all directions are common', () => {
    const members = [randomMember('a', 1, { rank: 3 }), randomMember('b', 2, { rank: 2 })];
    for (const space of ['core', 'full']) {
      const all = mergedDense(members, { ...isoCts, space, params: { commonFraction: 1 } });
      expect(distance(all, mergedDense(members, { method: 'iso_c', space }))).toBeLessThan(float32Tolerance);
    }
  });

  it('gives tasks the directions that the sum is weakest in', () => {
    // The sum of a loud and a quiet task: without own directions the quiet one's weakest is the sum's weakest too.
    const members = [1, 2, 3].map((seed) => randomMember(`task${seed}`, seed, { rank: 4, out: 40, in: 40 }));
    const { report } = mergeAdapters(members, { ...isoCts, params: { commonFraction: 0.5 } });
    const [first] = report.modules;
    expect(first!.k).toBe(12); // 12 directions: 6 common, 2 per task
    const spread = first!.singularValues[0]! / first!.singularValues.at(-1)!;
    expect(spread).toBeLessThan(1 + 1e-9);
    for (const kept of Object.values(report.totals.perTask)) expect(kept).toBeGreaterThan(0.5);
  });

  it('takes no more directions than there are when tasks outnumber them', () => {
    const update = (index: number): MergeMember => ({ ...randomMember(`m${index}`, 3, { rank: 1 }) });
    const members = [0, 1, 2, 3].map(update);
    const merged = mergedDense(members, { ...isoCts, params: { commonFraction: 0 } });
    expect(norm(merged)).toBeGreaterThan(0);
  });
});

import { describe, expect, it } from 'vitest';
import { peftCase, peftCases } from '../../tests/peft.ts';
import { distance, mergedDense, needGolden, norm } from '../../tests/support.ts';

describe('magnitude_prune', () => {
  it.for(peftCases('magnitude_prune_svd'))('equals PEFT %s', (name, context) => {
    needGolden(context);
    const { members, rank, expected } = peftCase(name);
    const params = { density: 0.4, thresholdScope: 'module', maxRank: rank };
    for (const [module, delta] of expected) {
      expect(norm(delta)).toBeGreaterThan(0);
      expect(distance(mergedDense(members, { method: 'magnitude_prune', params }, module), delta)).toBeLessThan(1e-4);
    }
  });
});

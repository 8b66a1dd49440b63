import { describe, expect, it } from 'vitest';
import type { CasesInput } from '@medlego/metrics';
import { compareWithProbe, describeComparison } from './compare-with-probe.ts';

/** Two-column scores of 200 images, right on every image but the first `wrong` of each class; the margin grows with the row. */
function cases(wrong: number): CasesInput {
  const labels = Int32Array.from({ length: 200 }, (_, i) => i % 2);
  const data = new Float32Array(400);
  labels.forEach((label, i) => {
    const margin = 0.1 + (0.3 * i) / 200;
    const positive = 0.5 + (label === 1 ? 1 : -1) * (i < 2 * wrong ? -1 : 1) * margin;
    data[2 * i] = 1 - positive;
    data[2 * i + 1] = positive;
  });
  return { kind: 'binary-class', labels, scores: { shape: [200, 2], data } };
}

describe('comparison with the probe', () => {
  it('says yes to a gain beyond chance, no to a loss beyond chance', () => {
    expect(compareWithProbe('test', cases(5), cases(40))).toMatchObject({ verdict: 'yes', n: 200, split: 'test' });
    expect(compareWithProbe('test', cases(40), cases(5)).verdict).toBe('no');
  });

  it('says no to the probe itself', () => {
    const same = compareWithProbe('val', cases(20), cases(20));
    expect(same.verdict).toBe('no');
    expect(same.acc.difference).toBe(0);
    expect(describeComparison(same)).toMatch(/does not beat.*\+0\.0 points.*200 val images/);
  });

  it('leaves a difference of one image open', () => {
    const close = compareWithProbe('test', cases(19), cases(20));
    expect(close.acc.difference).toBeGreaterThan(0);
    expect(close.verdict).toBe('unclear');
    expect(describeComparison(close)).toMatch(/within chance/);
  });
});

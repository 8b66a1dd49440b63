import { denseMatrix, frobeniusNorm, identity, multiply, transpose, weightedSum, type Matrix } from '@medlego/linalg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priorGram } from '../gram/prior-gram.ts';
import { distance, float32Tolerance, mergedDense, randomMember } from '../../tests/support.ts';
import { mergeAdapters, type MergeMember } from '../index.ts';

const module = 'blocks.0.attn.q';
const prior = { method: 'prior_regmean' };

/** Task `position` of several with disjoint rows and columns. */
const unit = (position: number, value = 1): MergeMember => {
  const b = new Float32Array(12);
  const a = new Float32Array(10);
  b[position] = a[position] = 1;
  return {
    name: `task${position}`,
    updates: { [module]: { out: 12, in: 10, rank: 1, b, e: Float32Array.of(value), a, scaling: 1 } },
  };
};

/** Σ tr((M − D_i) G_i (M − D_i)ᵀ) */
const loss = (merged: Matrix, updates: readonly Matrix[], focus: number): number =>
  updates.reduce((sum, own) => {
    const rest = weightedSum([merged, own], [1, -1]);
    const { data, rows } = multiply(multiply(rest, priorGram(own, focus)), transpose(rest));
    for (let i = 0; i < rows; i++) sum += data[i * (rows + 1)]!;
    return sum;
  }, 0);

describe('prior_regmean', () => {
  it('keeps (1 + focus) / (N + focus) of tasks that share nothing', () => {
    const members = [0, 1, 2, 3].map((position) => unit(position));
    for (const focus of [0, 1, 4, 1000]) {
      const { strength } = mergeAdapters(members, { ...prior, params: { focus } }).report.totals;
      for (const value of Object.values(strength)) expect(value).toBeCloseTo((1 + focus) / (4 + focus), 6);
    }
  });

  it('is the mean at focus 0 and WUDI without a ridge at a large one', () => {
    const members = [1, 2, 3].map((seed) => randomMember(`m${seed}`, seed, { rank: 3 }));
    const at = (focus: number) => mergedDense(members, { ...prior, params: { focus } });
    expect(distance(at(0), mergedDense(members, { method: 'average' }))).toBeLessThan(float32Tolerance);
    // WUDI divides by ‖D_i‖², this by ‖D_iᵀD_i‖ too: the same where each has one row direction, or where rows are independent.
    const narrow = members.map((_, i) => randomMember(`m${i}`, i + 5, { rank: 2 }));
    const merged = mergedDense(narrow, { ...prior, params: { focus: 1e7 } });
    expect(distance(merged, mergedDense(narrow, { method: 'wudi', params: { ridge: 0 } }))).toBeLessThan(1e-3);
  });

  it('minimises the error on its guessed inputs', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0, 2, 50), (seed, focus) => {
        const members = [0, 1, 2].map((i) => randomMember(`m${i}`, seed + i, { rank: 1 + i }));
        const updates = members.map((member) => denseMatrix(member.updates[module]!));
        const best = denseMatrix(mergeAdapters(members, { ...prior, params: { focus } }).updates[module]!);
        const aside = denseMatrix(randomMember('x', seed + 9, { rank: 1 }).updates[module]!);
        const step = (0.02 * frobeniusNorm(best.data)) / frobeniusNorm(aside.data);
        for (const sign of [-1, 1])
          expect(loss(weightedSum([best, aside], [1, sign * step]), updates, focus)).toBeGreaterThan(
            loss(best, updates, focus),
          );
      }),
      { seed: 4, numRuns: 15 },
    );
  });
});

describe('priorGram', () => {
  it('gives an update 1 + focus times the response that isotropic inputs would, whatever its spectrum', () => {
    for (const seed of [1, 2, 3]) {
      const update = denseMatrix(randomMember('a', seed, { rank: seed }).updates[module]!);
      const trace = (gram: Matrix) => {
        const { data, rows } = multiply(multiply(update, gram), transpose(update));
        let sum = 0;
        for (let i = 0; i < rows; i++) sum += data[i * (rows + 1)]!;
        return sum;
      };
      expect(trace(priorGram(update, 3)) / trace(identity(update.cols))).toBeCloseTo(4, 9);
    }
  });
});

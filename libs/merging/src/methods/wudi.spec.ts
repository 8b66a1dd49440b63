import { denseMatrix, matrix, multiply, transpose, weightedSum, frobeniusNorm, type Matrix } from '@medlego/linalg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { denseSum, distance, mergedDense, norm, randomMember, times } from '../../tests/support.ts';
import { mergeAdapters, type MergeMember } from '../index.ts';

const module = 'blocks.0.attn.q';
const wudi = { method: 'wudi' };
const exact = { ...wudi, params: { ridge: 0 } };

/** Σ ‖(τ − D_i) D_iᵀ‖² / ‖D_i‖², the loss of the source. */
function loss(merged: Matrix, members: readonly MergeMember[]): number {
  return members.reduce((sum, { updates }) => {
    const own = denseMatrix(updates[module]!);
    const residue = multiply(weightedSum([merged, own], [1, -1]), transpose(own));
    return sum + (frobeniusNorm(residue.data) / frobeniusNorm(own.data)) ** 2;
  }, 0);
}

const mergedMatrix = (members: readonly MergeMember[], recipe: object): Matrix =>
  denseMatrix(mergeAdapters(members, { ...wudi, ...recipe }).updates[module]!);

describe('wudi', () => {
  it('has no interference at all without a ridge where rows are independent', () => {
    const members = [1, 2, 3].map((seed) => randomMember(`m${seed}`, seed, { rank: 2, in: 20 }));
    const scale = loss(matrix(12, 20), members);
    expect(loss(mergedMatrix(members, exact), members) / scale).toBeLessThan(1e-10);
    const { updates } = mergeAdapters(members, { method: 'task_arithmetic' });
    expect(loss(denseMatrix(updates[module]!), members) / scale).toBeGreaterThan(0.01);
  });

  it('is a minimum of the loss where rows are shared', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (seed, direction) => {
        const members = [0, 1, 2].map((i) => randomMember(`m${i}`, seed + i, { rank: 4, in: 6 })); // 12 rows in 6 dimensions
        const best = mergedMatrix(members, exact);
        const aside = denseMatrix(randomMember('x', direction, { rank: 1, in: 6 }).updates[module]!);
        const step = (0.01 * frobeniusNorm(best.data)) / frobeniusNorm(aside.data);
        const away = weightedSum([best, aside], [1, step]);
        expect(loss(away, members)).toBeGreaterThan(loss(best, members) * (1 - 1e-6));
      }),
      { seed: 3, numRuns: 20 },
    );
  });

  it('shrinks with the ridge, towards zero', () => {
    const members = [randomMember('a', 1), randomMember('b', 2)];
    const norms = [0, 0.1, 1, 10, 1000].map((ridge) => norm(mergedDense(members, { ...wudi, params: { ridge } })));
    for (let i = 1; i < norms.length; i++) expect(norms[i]).toBeLessThan(norms[i - 1]!);
    expect(norms.at(-1)! / norms[0]!).toBeLessThan(0.01);
  });

  it('averages duplicates to themselves without a ridge, zero directions of E included', () => {
    const member = randomMember('a', 6);
    const flat = { ...member.updates[module]!, e: Float32Array.of(1, 0) };
    const twins = ['a', 'b', 'c'].map((name) => ({ name, updates: { [module]: flat } }));
    expect(distance(mergedDense(twins, exact), denseSum(twins, [1, 0, 0]))).toBeLessThan(1e-5);
  });

  it('does not depend on the norm of a task that shares nothing with others', () => {
    const members = [1, 2].map((seed) => randomMember(`m${seed}`, seed, { rank: 2, in: 20 }));
    const loud = [times(members[0]!, 100), members[1]!];
    expect(loss(mergedMatrix(loud, exact), loud)).toBeLessThan(1e-6);
  });
});

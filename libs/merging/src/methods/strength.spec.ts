import { denseMatrix, multiply, transpose, weightedSum, type Matrix } from '@medlego/linalg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balancedCoefficients } from '../gram/balanced-coefficients.ts';
import { priorGram } from '../gram/prior-gram.ts';
import { responseForms } from '../gram/response-forms.ts';
import { distance, float32Tolerance, mergedDense, randomMember, times } from '../../tests/support.ts';
import { mergeAdapters, type MergeMember } from '../index.ts';

const module = 'blocks.0.attn.q';
const strength = { method: 'strength' };

const unit = (position: number, value = 1): MergeMember => {
  const b = new Float32Array(12);
  const a = new Float32Array(10);
  b[position] = a[position] = 1;
  return {
    name: `task${position}`,
    updates: { [module]: { out: 12, in: 10, rank: 1, b, e: Float32Array.of(value), a, scaling: 1 } },
  };
};

const traced = (x: Matrix, gram: Matrix, y: Matrix): number => {
  const { data, rows } = multiply(multiply(x, gram), transpose(y));
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += data[i * (rows + 1)]!;
  return sum;
};

describe('strength', () => {
  it('keeps (1 + focus) / (N + focus) of tasks of one norm that share nothing', () => {
    const members = [0, 1, 2, 3].map((position) => unit(position));
    for (const focus of [0, 1, 4]) {
      const { strength: kept } = mergeAdapters(members, { ...strength, params: { focus } }).report.totals;
      for (const value of Object.values(kept)) expect(value).toBeCloseTo((1 + focus) / (4 + focus), 6);
    }
  });

  it('turns a loud task down, because it disturbs the quiet ones', () => {
    const members = [unit(0, 10), unit(1), unit(2)];
    const { strength: kept } = mergeAdapters(members, strength).report.totals;
    expect(kept['task0']).toBeLessThan(0.1);
    expect(kept['task1']).toBeGreaterThan(0.7);
  });

  it('shares between tasks what they have in common instead of adding it up', () => {
    const twin = { ...unit(0), name: 'twin' };
    const { strength: kept } = mergeAdapters([unit(0), twin], strength).report.totals;
    expect(kept['task0']).toBeCloseTo(1, 6);
    expect(kept['twin']).toBeCloseTo(1, 6);
  });

  it('minimises the relative error over all combinations of the updates', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0, 4, 30), (seed, focus) => {
        const updates = [0, 1, 2].map((i) =>
          denseMatrix(times(randomMember('m', seed + i, { rank: 1 + i }), 1 + 3 * i).updates[module]!),
        );
        const best = balancedCoefficients(responseForms(updates, focus), [1, 1, 1]);
        const error = (coefficients: readonly number[]) =>
          updates.reduce((sum, own) => {
            const gram = priorGram(own, focus);
            const rest = weightedSum([...updates, own], [...coefficients, -1]);
            return sum + traced(rest, gram, rest) / traced(own, gram, own);
          }, 0);
        const least = error(best);
        best.forEach((_, j) => {
          for (const step of [-0.05, 0.05])
            expect(error(best.map((c, i) => (i === j ? c + step : c)))).toBeGreaterThan(least);
        });
      }),
      { seed: 6, numRuns: 15 },
    );
  });

  it('gives one coefficient per task for the whole adapter on request', () => {
    const members = [1, 2, 3].map((seed) => randomMember(`m${seed}`, seed));
    const recipe = { ...strength, params: { scope: 'adapter' } };
    const ratio = (name: string) => {
      // Coefficients are read off two modules by least squares on the three dense updates.
      const updates = members.map((member) => denseMatrix(member.updates[name]!).data);
      const merged = mergedDense(members, recipe, name);
      const forms = updates.map((x) => updates.map((y) => x.reduce((sum, value, i) => sum + value * y[i]!, 0)));
      return solve3(
        forms,
        updates.map((x) => x.reduce((sum, value, i) => sum + value * rowMajor(merged)[i]!, 0)),
      );
    };
    const [q, v] = [ratio('blocks.0.attn.q'), ratio('blocks.0.attn.v')];
    q.forEach((c, i) => expect(c).toBeCloseTo(v[i]!, 5));
    expect(distance(mergedDense(members, recipe), mergedDense(members, strength))).toBeGreaterThan(float32Tolerance);
  });
});

/** [out, in] row after row to column after column, as matrices are stored. */
const rowMajor = (x: Float64Array): Float64Array => {
  const result = new Float64Array(x.length);
  for (let i = 0; i < 12; i++) for (let j = 0; j < 10; j++) result[j * 12 + i] = x[i * 10 + j]!;
  return result;
};

/** Cramer's rule. */
function solve3(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const det = (m: readonly (readonly number[])[]) =>
    m[0]![0]! * (m[1]![1]! * m[2]![2]! - m[1]![2]! * m[2]![1]!) -
    m[0]![1]! * (m[1]![0]! * m[2]![2]! - m[1]![2]! * m[2]![0]!) +
    m[0]![2]! * (m[1]![0]! * m[2]![1]! - m[1]![1]! * m[2]![0]!);
  return [0, 1, 2].map((j) => det(a.map((row, i) => row.map((value, k) => (k === j ? b[i]! : value)))) / det(a));
}

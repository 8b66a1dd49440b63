import { describe, expect, it } from 'vitest';
import { denseSum, distance, float32Tolerance, mergedDense, randomMember } from '../../tests/support.ts';
import { goldenModules } from '../../tests/full-golden.ts';
import { needGolden } from '../../tests/support.ts';
import { findMethod, mergeAdapters } from '../index.ts';
import { alignColumns } from '../subspace/align-columns.ts';
import { firstColumns, frobeniusNorm, multiply, multiplyTransposed, weightedSum } from '@medlego/linalg';

const knots = { method: 'knots' };
const members = [1, 2, 3].map((seed) => randomMember(`m${seed}`, seed, { rank: seed }));

describe('knots', () => {
  it('is the sum when nothing is trimmed and all members agree in sign with themselves', () => {
    const one = [members[1]!];
    expect(distance(mergedDense(one, { ...knots, params: { density: 1 } }), denseSum(one, [1]))).toBeLessThan(
      float32Tolerance,
    );
  });

  it('differs from TIES on entries that are not aligned', () => {
    const params = { density: 0.5 };
    expect(
      distance(mergedDense(members, { ...knots, params }), mergedDense(members, { method: 'ties', params })),
    ).toBeGreaterThan(0.05);
  });

  it('stays in the columns of the members', () => {
    expect(mergeAdapters(members, knots).report.modules.every(({ k }) => k <= 6)).toBe(true);
  });

  it('keeps fewer entries at a lower density', () => {
    const norms = [1, 0.5, 0.1].map((density) =>
      mergeAdapters(members, { ...knots, params: { density, mergeFunction: 'sum' } }).report.modules.reduce(
        (sum, { singularValues }) => sum + Math.hypot(...singularValues),
        0,
      ),
    );
    expect(norms[1]).toBeLessThan(norms[0]!);
    expect(norms[2]).toBeLessThan(norms[1]!);
  });

  it('takes the piece of largest magnitude with consensus magmax', () => {
    const merged = mergedDense(members, { ...knots, params: { consensus: 'magmax' } });
    const strongest = denseSum(members, [0, 0, 1]);
    expect(distance(merged, strongest)).toBeGreaterThan(0.01);
    expect(
      distance(mergedDense([members[0]!], { ...knots, params: { consensus: 'magmax' } }), denseSum([members[0]!], [1])),
    ).toBeLessThan(float32Tolerance);
  });
});

describe('alignColumns', () => {
  it('writes dense updates in the orthonormal columns of all of them', (context) => {
    needGolden(context);
    for (const module of goldenModules().filter(({ deltas }) => deltas[0]!.cols > 1)) {
      const { u, pieces } = alignColumns(module, [1, 1, 0, 1]);
      const gram = multiplyTransposed(u, u);
      for (let i = 0; i < gram.data.length; i++)
        expect(Math.abs(gram.data[i]! - (i % (gram.rows + 1) === 0 ? 1 : 0))).toBeLessThan(1e-12);
      module.deltas.forEach((delta, i) => {
        const back = weightedSum([multiply(u, pieces[i]!), delta], [1, -1]);
        if (i === 2) expect(frobeniusNorm(pieces[i]!.data)).toBe(0);
        else expect(frobeniusNorm(back.data)).toBeLessThan(1e-12 * frobeniusNorm(delta.data));
      });
    }
  });

  it('orders columns by what the members have in them together', (context) => {
    needGolden(context);
    const [module] = goldenModules().filter(({ deltas }) => deltas[0]!.cols > 1);
    const { u, pieces } = alignColumns(module!, [1, 1, 1, 1]);
    const energy = Array.from({ length: u.cols }, (_, r) =>
      pieces.reduce((sum, { data, rows }) => {
        let own = 0;
        for (let i = r; i < data.length; i += rows) own += data[i]! ** 2;
        return sum + own;
      }, 0),
    );
    for (let r = 1; r < energy.length; r++) expect(energy[r]).toBeLessThanOrEqual(energy[r - 1]! * (1 + 1e-12));
    expect(firstColumns(u, 1).rows).toBe(module!.deltas[0]!.rows);
    expect(findMethod('knots').matricesOnly).toBe(true);
  });
});

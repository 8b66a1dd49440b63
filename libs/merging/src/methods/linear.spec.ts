import { describe, expect, it } from 'vitest';
import { peftCase, peftCases } from '../../tests/peft.ts';
import {
  denseSum,
  distance,
  float32Tolerance,
  mergedDense,
  needGolden,
  norm,
  randomMember,
  times,
} from '../../tests/support.ts';
import { mergeAdapters } from '../index.ts';

const linear = { method: 'linear' };
const a = randomMember('a', 1);
const b = randomMember('b', 2);

describe('linear', () => {
  it('averages B and A apart: the average of the updates is not what comes out', () => {
    const module = 'blocks.0.attn.q';
    const [x, y] = [a.updates[module]!, b.updates[module]!];
    const { out, in: columns, rank } = x;
    const expected = new Float64Array(out * columns);
    for (let i = 0; i < out; i++)
      for (let j = 0; j < columns; j++)
        for (let l = 0; l < rank; l++) {
          const left = (2 * x.b[i * rank + l]! * x.e[l]! + 2 * y.b[i * rank + l]! * y.e[l]!) / 2;
          expected[i * columns + j]! += (left * (x.a[l * columns + j]! + y.a[l * columns + j]!)) / 2;
        }
    expect(distance(mergedDense([a, b], linear), expected)).toBeLessThan(float32Tolerance);
    expect(distance(expected, denseSum([a, b], [0.5, 0.5]))).toBeGreaterThan(0.3);
  });

  it('has the factors of a member that does not touch a module count as zero', () => {
    const alone = { name: 'b', updates: { 'blocks.0.attn.q': b.updates['blocks.0.attn.q']! } };
    expect(
      distance(mergedDense([a, alone], linear, 'blocks.0.attn.v'), denseSum([a], [0.25], 'blocks.0.attn.v')),
    ).toBeLessThan(float32Tolerance);
  });

  it('keeps the rank of its members', () => {
    expect(mergeAdapters([a, b], linear).report.modules.map(({ k }) => k)).toEqual([2, 2]);
  });

  it('subtracts an update under the split of PEFT, and its factors under its own', () => {
    const peft = { ...linear, params: { split: 'peft', normalize: 'none' } };
    const negative = { ...b, weight: -1 };
    expect(distance(mergedDense([a, negative], peft), mergedDense([a, times(b, -1)], peft))).toBeLessThan(1e-5);
    const copy = { ...a, name: 'copy', weight: -1 };
    expect(norm(mergedDense([a, copy], { ...linear, params: { normalize: 'none' } }))).toBe(0);
  });

  it.for(peftCases('linear'))('equals PEFT %s', (name, context) => {
    needGolden(context);
    const { members, expected } = peftCase(name);
    const recipe = { ...linear, params: { split: 'peft', normalize: 'none' } };
    for (const [module, delta] of expected) {
      expect(norm(delta)).toBeGreaterThan(0);
      expect(distance(mergedDense(members, recipe, module), delta)).toBeLessThan(1e-5);
    }
  });

  it('is what PEFT makes of `svd` with one adapter, whose rank cut it skips', (context) => {
    needGolden(context);
    const { members, rank, expected } = peftCase('svd-single');
    for (const [module, delta] of expected) {
      const recipe = { ...linear, params: { split: 'peft', normalize: 'none' } };
      expect(distance(mergedDense(members, recipe, module), delta)).toBeLessThan(1e-5);
      const cut = mergedDense(members, { method: 'average', params: { normalize: 'none' } }, module);
      expect(distance(cut, delta)).toBeLessThan(1e-5);
      expect(Object.values(mergeAdapters(members, recipe).updates)[0]!.rank).toBeGreaterThan(rank);
    }
  });
});

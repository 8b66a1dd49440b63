import { matrix } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { gaussian } from '../../tests/support.ts';
import { type ModuleContext } from '../merge-method.ts';
import { largestEntries } from './largest-entries.ts';
import { middleEntries } from './middle-entries.ts';
import { dropEntries, randomDrop } from './random-drop.ts';
import { rankDrop, rowRanks } from './rank-drop.ts';

const context = (module = 'blocks.0.attn.q', key = 1): ModuleContext => ({
  module,
  index: 0,
  count: 1,
  space: 'full',
  ranks: [1],
  factors: [undefined],
  statistics: [undefined],
  names: ['a'],
  contentKey: () => key,
});
const place = (module?: string, key?: number) => ({ member: 0, context: context(module, key), survey: undefined });
const row = (...entries: number[]) => matrix(1, entries.length, Float64Array.from(entries));
const random = (rows: number, cols: number, seed = 1) => {
  const normal = gaussian(seed);
  return matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => normal()),
  );
};
const kept = (data: Float64Array) => data.reduce((count, entry) => count + (entry === 0 ? 0 : 1), 0);

describe('keeping the largest entries', () => {
  const trim = { density: 0.5, thresholdScope: 'module' } as const;

  it('rounds the number of entries down, and keeps one more under the rule of the authors of TIES', () => {
    const delta = row(1, -5, 2, 4, -3);
    expect([...largestEntries.apply(delta, trim, place()).data]).toEqual([0, -5, 0, 4, 0]);
    const published = { ...trim, convention: 'authors_code' } as const;
    expect([...largestEntries.apply(delta, published, place()).data]).toEqual([0, -5, 0, 4, -3]);
  });

  it('keeps all that are as large as the smallest one kept', () => {
    expect([...largestEntries.apply(row(1, -2, 2, 0), { ...trim, density: 0.25 }, place()).data]).toEqual([
      0, -2, 2, 0,
    ]);
  });

  it('seeks one threshold over all modules that a member touches', () => {
    const modules = [
      { ...context('a'), ranks: [1, 1], deltas: [row(9, 8), row(1, 2)] },
      { ...context('b'), ranks: [1, 0], deltas: [row(1, 2), row(0, 0)] },
    ];
    const params = { density: 0.5, thresholdScope: 'global' } as const;
    expect(largestEntries.survey!(modules, params)).toEqual([8, 2]);
  });
});

describe('dropping at random', () => {
  const params = { dropRate: 0.7, rescale: true, seed: 3 };
  const delta = random(100, 100);

  it('keeps the share that it should, and the expected value', () => {
    const { data } = randomDrop.apply(delta, params, place());
    expect(Math.abs(kept(data) - 3000)).toBeLessThan(200);
    data.forEach((entry, i) => entry !== 0 && expect(entry).toBeCloseTo(delta.data[i]! / 0.3, 12));
    const mean = new Float64Array(data.length);
    const draws = 400;
    for (let seed = 0; seed < draws; seed++)
      randomDrop.apply(delta, { ...params, seed }, place()).data.forEach((entry, i) => (mean[i]! += entry / draws));
    const error = Math.hypot(...mean.map((entry, i) => entry - delta.data[i]!)) / Math.hypot(...delta.data);
    expect(error).toBeLessThan(1.1 * Math.sqrt(0.7 / 0.3 / draws));
  });

  it('is a function of seed, module and content', () => {
    const base = randomDrop.apply(delta, params, place());
    expect(randomDrop.apply(delta, params, place())).toEqual(base);
    for (const other of [
      randomDrop.apply(delta, { ...params, seed: 4 }, place()),
      randomDrop.apply(delta, { ...params, seed: 3 + 2 ** 32 }, place()),
      randomDrop.apply(delta, params, place('blocks.0.attn.v')),
      randomDrop.apply(delta, params, place(undefined, 2)),
    ])
      expect(kept(other.data.map((entry, i) => entry * base.data[i]!))).toBeLessThan(0.4 * kept(base.data));
  });

  it('takes a mask from outside', () => {
    expect([...dropEntries(row(1, 2, 3), (i) => i !== 1, 2).data]).toEqual([2, 0, 6]);
  });
});

describe('keeping the middle', () => {
  it('drops the largest as outliers and then keeps the largest of the rest', () => {
    const delta = row(10, -9, 8, 7, 6, 5, 4, 3, 2, 1);
    expect([...middleEntries.apply(delta, { density: 0.3, gamma: 0.2 }, place()).data]).toEqual([
      0, 0, 8, 7, 6, 0, 0, 0, 0, 0,
    ]);
  });
});

describe('dropping by rank', () => {
  it('ranks magnitudes within each row, equal ones alike', () => {
    const delta = matrix(2, 3, Float64Array.of(3, 1, -1, 1, 2, 1)); // rows (3, -1, 2) and (1, 1, 1)
    expect([...rowRanks(delta)]).toEqual([1, 0.5, 0, 0.5, 0.5, 0.5]);
  });

  it('keeps large entries more often and the expected value of all', () => {
    const delta = row(1, 2, 3);
    const params = { density: 0.5, epsilon: 0.2, rescale: true };
    const counts = [0, 0, 0];
    const sums = [0, 0, 0];
    const draws = 4000;
    for (let seed = 0; seed < draws; seed++)
      rankDrop.apply(delta, { ...params, seed }, place()).data.forEach((entry, i) => {
        counts[i]! += entry === 0 ? 0 : 1;
        sums[i]! += entry;
      });
    counts.forEach((count, i) => expect(Math.abs(count / draws - [0.3, 0.5, 0.7][i]!)).toBeLessThan(0.035));
    sums.forEach((sum, i) => expect(Math.abs(sum / draws / (i + 1) - 1)).toBeLessThan(0.12));
  });
});

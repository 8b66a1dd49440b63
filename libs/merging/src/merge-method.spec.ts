import { matrix } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineMergeMethod } from './merge-method.ts';
import { scaleParams } from './merge-params.ts';

describe('defineMergeMethod', () => {
  const method = defineMergeMethod({
    id: 'share_of_largest',
    title: 'Test: first delta over the largest entry of all modules',
    source: 'this spec',
    spaces: ['full'],
    params: z.strictObject({ ...scaleParams, power: z.number().default(1) }),
    survey: (modules) => Math.max(...[...modules].flatMap(({ deltas }) => deltas.flatMap(({ data }) => [...data]))),
    merge: ([first], _weights, { power }, { survey, index, count }) =>
      matrix(1, 1, Float64Array.of((first!.data[0]! / survey) ** power + 10 * index + 100 * count)),
  });
  const modules = [4, 8].map((value, index) => ({
    module: `m${index}`,
    index,
    count: 2,
    space: 'core' as const,
    ranks: [1],
    factors: [],
    statistics: [],
    names: [],
    contentKey: () => 0,
    deltas: [matrix(1, 1, Float64Array.of(value))],
  }));

  it('hands typed parameters, the survey of all modules and the place of the module to merge', () => {
    const merge = method.configure({ power: 2 }).begin([1], modules);
    expect(modules.map((module) => merge(module).data[0])).toEqual([200.25, 211]);
  });

  it('fills in defaults', () => {
    expect(method.configure({}).params).toEqual({ lambda: 1, balance: 'none', power: 1 });
  });
});

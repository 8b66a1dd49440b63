import { matrix } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { electSign, type ElectParams } from './elect-sign.ts';
import { largest } from './largest.ts';

const row = (...entries: number[]) => matrix(1, entries.length, Float64Array.from(entries));
const members = [row(3, 1, 0, 2), row(-1, 1, 0, -2), row(-1, -4, 5, 0)];
const ones = [1, 1, 1];
const paper: ElectParams = { majoritySign: 'total', mergeFunction: 'mean', convention: 'paper' };
const elect = (params: Partial<ElectParams>, weights = ones, excess = 1) => [
  ...electSign.apply(members, weights, { ...paper, ...params }, () => excess).data,
];

describe('the election of signs', () => {
  it('merges the mean of the non-zero entries that agree with the sign of the sum', () => {
    expect(elect({})).toEqual([3, -4, 5, 2]);
    expect(elect({ mergeFunction: 'sum' })).toEqual([3, -4, 5, 2]);
  });

  it('can count heads in the place of sums', () => {
    expect(elect({ majoritySign: 'frequency' })).toEqual([-1, 1, 5, 2]);
    expect(elect({ majoritySign: 'frequency', mergeFunction: 'sum' })).toEqual([-2, 2, 5, 2]);
  });

  it('follows the majority of signs where a sum is zero, and answers zero where there is none', () => {
    expect(elect({}, ones, -3)[3]).toBe(-2);
    expect(elect({}, ones, 0)[3]).toBe(0);
    expect(electSign.signExcess!(members, ones, paper)).toBe(1);
  });

  it('asks for the majority only where it is needed', () => {
    const decided = [row(1, 0), row(2, 0)];
    const fail = () => {
      throw new Error('not needed');
    };
    expect([...electSign.apply(decided, [1, 1], paper, fail).data]).toEqual([1.5, 0]);
  });

  it('weighs votes and means, and turns members of negative weight round', () => {
    expect(elect({}, [1, 5, 1])).toEqual([-1, 1, 5, -2]);
    expect(elect({}, [0.5, 1.5, 0]).slice(1, 3)).toEqual([1, 0]);
    expect(elect({}, [1, -1, 0])).toEqual([2, 1, 0, 2]);
  });

  it("ignores weights in the vote and divides by the number that agree under PEFT's convention", () => {
    expect(elect({ convention: 'peft' }, [0.5, 2, 1])).toEqual([1.5, -4, 5, 1]);
  });
});

describe('the largest entry', () => {
  it('is that of the weighted update of largest magnitude, the last of equals', () => {
    expect([...largest.apply(members, ones, {}, () => 0).data]).toEqual([3, -4, 5, -2]);
    expect([...largest.apply(members, [-1, 0, 0.1], {}, () => 0).data]).toEqual([-3, -1, 0.5, -2]);
  });
});

import {
  frobeniusNorm,
  identity,
  matrix,
  multiply,
  multiplyTransposed,
  weightedSum,
  type Matrix,
} from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { gaussian } from '../../tests/support.ts';
import { gramAverage, surrogateGram, traceOf } from './gram-average.ts';

const random = (rows: number, cols: number, seed: number): Matrix => {
  const normal = gaussian(seed);
  return matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => normal()),
  );
};
const difference = (x: Matrix, y: Matrix): number => frobeniusNorm(weightedSum([x, y], [1, -1]).data);

describe('gramAverage', () => {
  it('is the plain mean for identity Grams', () => {
    const updates = [1, 2, 3].map((seed) => random(4, 6, seed));
    const sum = weightedSum(updates, [1, 1, 1]);
    expect(difference(gramAverage(sum, weightedSum([identity(6)], [3])), weightedSum([sum], [1 / 3]))).toBeLessThan(
      1e-14,
    );
  });

  it('solves X G = N for a definite G, with or without a ridge', () => {
    const root = random(9, 6, 4);
    const gram = multiplyTransposed(root, root);
    const numerator = random(4, 6, 5);
    for (const ridge of [0, 0.7]) {
      const x = gramAverage(numerator, gram, ridge);
      const back = weightedSum([multiply(x, gram), x], [1, ridge]);
      expect(difference(back, numerator)).toBeLessThan(1e-12);
    }
  });

  it('answers the smallest solution for a singular G', () => {
    const root = random(3, 6, 6); // rank 3 of 6
    const gram = multiplyTransposed(root, root);
    const truth = multiply(random(4, 3, 7), root); // rows within the rank
    const x = gramAverage(multiply(truth, gram), gram);
    expect(difference(x, truth)).toBeLessThan(1e-9);
    expect(frobeniusNorm(gramAverage(matrix(4, 6), matrix(6, 6)).data)).toBe(0);
  });

  it('leaves its inputs alone', () => {
    const gram = identity(3);
    const numerator = random(2, 3, 8);
    const before = [gram.data.slice(), numerator.data.slice()];
    gramAverage(numerator, gram, 2);
    expect([gram.data, numerator.data]).toEqual(before);
  });
});

describe('surrogateGram', () => {
  it('has trace 1 whatever the norm of the update', () => {
    for (const factor of [1e-6, 1, 1e6])
      expect(traceOf(surrogateGram(weightedSum([random(4, 6, 9)], [factor])))).toBeCloseTo(1, 12);
  });
});

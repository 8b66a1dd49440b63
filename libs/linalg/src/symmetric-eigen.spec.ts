import { NonFiniteError, ShapeMismatchError } from '@medlego/errors';
import { describe, expect, it } from 'vitest';
import { compose, orthonormality, randomMatrix, relativeDistance } from '../tests/support.ts';
import { identity, matrix, multiplyTransposed, weightedSum, transpose, type Matrix } from './matrix.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

const symmetric = (n: number, seed: number): Matrix => {
  const x = randomMatrix(n, n, seed);
  return weightedSum([x, transpose(x)], [0.5, 0.5]);
};
const rebuild = ({ values, vectors }: { values: Float64Array; vectors: Matrix }) =>
  compose({ u: vectors, s: values, v: vectors });

describe('symmetricEigen', () => {
  it.each([1, 2, 5, 33, 120])('reconstructs an indefinite matrix of size %i', (n) => {
    const x = symmetric(n, n);
    const eigen = symmetricEigen(x);
    expect(relativeDistance(rebuild(eigen), x)).toBeLessThan(1e-13);
    expect(orthonormality(eigen.vectors)).toBeLessThan(1e-13);
    for (let i = 1; i < n; i++) expect(eigen.values[i]).toBeLessThanOrEqual(eigen.values[i - 1]!);
  });

  it('finds the zeros of a singular Gram matrix', () => {
    const x = randomMatrix(20, 50, 1);
    const gram = multiplyTransposed(x, x);
    const { values, vectors } = symmetricEigen(gram);
    expect(relativeDistance(rebuild({ values, vectors }), gram)).toBeLessThan(1e-13);
    for (let i = 20; i < 50; i++) expect(Math.abs(values[i]!)).toBeLessThan(1e-13 * values[0]!);
    expect(values[19]).toBeGreaterThan(1e-3 * values[0]!);
  });

  it('handles multiples of the identity, zero and diagonal matrices', () => {
    for (const value of [0, -2, 1e-200, 1e200]) {
      const x = identity(6);
      x.data.forEach((entry, i) => (x.data[i] = entry * value));
      symmetricEigen(x).values.forEach((found) =>
        expect(Math.abs(found - value)).toBeLessThanOrEqual(1e-14 * Math.abs(value)),
      );
    }
    const diagonal = matrix(3, 3, Float64Array.of(-1, 0, 0, 0, 3, 0, 0, 0, 2));
    const { values, vectors } = symmetricEigen(diagonal);
    [3, 2, -1].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 13));
    expect(vectors.data[1]).toBeCloseTo(1, 13);
  });

  it('reads the upper triangle alone', () => {
    const x = symmetric(7, 3);
    const upper = matrix(7, 7, x.data.slice());
    for (let j = 0; j < 7; j++) for (let i = j + 1; i < 7; i++) upper.data[j * 7 + i] = NaN;
    expect(symmetricEigen(upper)).toEqual(symmetricEigen(x));
  });

  it('refuses other shapes and numbers that are not finite', () => {
    expect(() => symmetricEigen(matrix(2, 3))).toThrow(ShapeMismatchError);
    expect(() => symmetricEigen(matrix(1, 1, Float64Array.of(NaN)))).toThrow(NonFiniteError);
  });
});

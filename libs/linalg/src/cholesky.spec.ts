import { InvalidValueError, NotPositiveDefiniteError, ShapeMismatchError } from '@medlego/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomMatrix, relativeDistance, seeded } from '../tests/support.ts';
import { cholesky, invertUpper, solveSymmetric } from './cholesky.ts';
import { identity, matrix, multiply, multiplyTransposed } from './matrix.ts';

const size = fc.integer({ min: 1, max: 12 });

describe('cholesky', () => {
  it('factors Gram matrices, and its inverse undoes it', () => {
    fc.assert(
      fc.property(size, fc.nat(), (n, seed) => {
        const x = randomMatrix(n + 6, n, seed);
        const gram = multiplyTransposed(x, x);
        const r = cholesky(gram);
        expect(relativeDistance(multiplyTransposed(r, r), gram)).toBeLessThan(1e-13);
        expect(relativeDistance(multiply(r, invertUpper(r)), identity(n))).toBeLessThan(1e-11);
      }),
      seeded,
    );
  });

  it('names the pivot at which a matrix stops being positive definite', () => {
    const x = identity(3);
    x.data[4] = 0;
    expect(() => cholesky(x)).toThrow(NotPositiveDefiniteError);
    expect(() => cholesky(x)).toThrow(/row 1/);
  });

  it('refuses a matrix that is not square', () => {
    expect(() => cholesky(matrix(2, 3))).toThrow(ShapeMismatchError);
  });
});

describe('solveSymmetric', () => {
  it('solves for several right-hand sides and leaves the inputs alone', () => {
    fc.assert(
      fc.property(size, fc.nat(), (n, seed) => {
        const x = randomMatrix(n + 8, n, seed);
        const gram = multiplyTransposed(x, x);
        const solution = randomMatrix(n, 3, seed + 1);
        const y = multiply(gram, solution);
        const before = [gram.data.slice(), y.data.slice()];
        expect(relativeDistance(solveSymmetric(gram, y), solution)).toBeLessThan(1e-9);
        expect([gram.data, y.data]).toEqual(before);
      }),
      seeded,
    );
  });

  it('with a ridge, minimises ‖X w − t‖² + ridge ‖w‖² even for dependent columns', () => {
    const x = randomMatrix(10, 4, 1);
    x.data.copyWithin(30, 0, 10);
    const t = randomMatrix(10, 1, 2);
    const gram = multiplyTransposed(x, x);
    expect(() => solveSymmetric(gram, multiplyTransposed(x, t))).toThrow(NotPositiveDefiniteError);
    const w = solveSymmetric(gram, multiplyTransposed(x, t), { ridge: 0.5 });
    const cost = (v: Float64Array) => {
      const fit = multiply(x, matrix(4, 1, v));
      return (
        fit.data.reduce((sum, value, i) => sum + (value - t.data[i]!) ** 2, 0) + 0.5 * v.reduce((s, c) => s + c * c, 0)
      );
    };
    for (let i = 0; i < 4; i++)
      for (const step of [-1e-3, 1e-3]) {
        const moved = w.data.slice();
        moved[i] = moved[i]! + step;
        expect(cost(moved)).toBeGreaterThan(cost(w.data));
      }
  });

  it('refuses a negative ridge and a right-hand side of another height', () => {
    expect(() => solveSymmetric(identity(2), matrix(2, 1), { ridge: -1 })).toThrow(InvalidValueError);
    expect(() => solveSymmetric(identity(2), matrix(3, 1))).toThrow(ShapeMismatchError);
  });
});

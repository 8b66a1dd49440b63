import { NonFiniteError } from '@medlego/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMatrix, compose, orthonormality, randomMatrix, relativeDistance, seeded } from '../tests/support.ts';
import {
  firstColumns,
  frobeniusNorm,
  identity,
  matrix,
  multiply,
  toRowMajor,
  transpose,
  weightedSum,
  type Matrix,
} from './matrix.ts';
import { thinQr } from './householder.ts';
import { svd, tailNorm } from './svd.ts';

/** Q₁ diag(s) Q₂ᵀ for random orthonormal Q. */
function withSpectrum(rows: number, cols: number, s: readonly number[], seed = 1): Matrix {
  const { q: u } = thinQr(randomMatrix(rows, s.length, seed));
  const { q: v } = thinQr(randomMatrix(cols, s.length, seed + 1));
  return compose({ u, s: Float64Array.from(s), v });
}

describe('svd', () => {
  it('reconstructs every matrix from orthonormal vectors and falling, positive values', () => {
    fc.assert(
      fc.property(anyMatrix(), (x) => {
        const factors = svd(x);
        expect(relativeDistance(compose(factors), x)).toBeLessThan(1e-13);
        expect(orthonormality(factors.u)).toBeLessThan(1e-12);
        expect(orthonormality(factors.v)).toBeLessThan(1e-12);
        factors.s.forEach((value, i) => {
          expect(value).toBeGreaterThan(0);
          if (i > 0) expect(value).toBeLessThanOrEqual(factors.s[i - 1]!);
        });
        expect(Math.abs(frobeniusNorm(factors.s) - frobeniusNorm(x.data))).toBeLessThanOrEqual(
          1e-13 * frobeniusNorm(x.data),
        );
      }),
      seeded,
    );
  });

  it('finds known singular values, small ones too, to high relative accuracy', () => {
    const s = [5, 4, 1e-2, 1e-6, 1e-9];
    const found = svd(withSpectrum(40, 30, s)).s;
    s.forEach((value, i) => expect(Math.abs(found[i]! - value) / value).toBeLessThan(1e-15 / value + 1e-13));
  });

  it('cuts with the error of the tail (Eckart–Young)', () => {
    fc.assert(
      fc.property(anyMatrix(), fc.nat({ max: 14 }), (x, count) => {
        const { u, s, v } = svd(x);
        const k = Math.min(count, s.length);
        const cut = k
          ? compose({ u: firstColumns(u, k), s: s.subarray(0, k), v: firstColumns(v, k) })
          : matrix(x.rows, x.cols);
        const error = frobeniusNorm(weightedSum([x, cut], [1, -1]).data);
        expect(Math.abs(error - tailNorm(s, k))).toBeLessThanOrEqual(1e-13 * frobeniusNorm(x.data));
      }),
      seeded,
    );
  });

  it('gives an empty answer for a zero matrix', () => {
    const { u, s, v } = svd(matrix(4, 3));
    expect([u.cols, s.length, v.cols]).toEqual([0, 0, 0]);
    expect([u.rows, v.rows]).toEqual([4, 3]);
  });

  it('handles equal singular values', () => {
    const x = withSpectrum(20, 16, [2, 2, 2, 1, 1]);
    const factors = svd(x);
    [2, 2, 2, 1, 1].forEach((value, i) => expect(factors.s[i]).toBeCloseTo(value, 13));
    expect(relativeDistance(compose(factors), x)).toBeLessThan(1e-14);
    expect(Array.from(svd(identity(6)).s)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('handles single rows, columns and numbers', () => {
    expect(Array.from(svd(matrix(1, 1, Float64Array.of(-3))).s)).toEqual([3]);
    expect(svd(matrix(2, 1, Float64Array.of(3, 4))).s[0]).toBeCloseTo(5, 14);
    expect(svd(matrix(1, 2, Float64Array.of(3, 4))).s[0]).toBeCloseTo(5, 14);
  });

  it('stays exact at the ends of the number range', () => {
    for (const factor of [1e-300, 1e300]) {
      const x = randomMatrix(6, 5, 2);
      const plain = svd(x).s;
      const scaled = svd(
        matrix(
          6,
          5,
          x.data.map((value) => value * factor),
        ),
      ).s;
      plain.forEach((value, i) => expect(scaled[i]! / factor / value).toBeCloseTo(1, 12));
    }
  });

  it('drops what lies at rounding level of a matrix of low rank', () => {
    expect(svd(multiply(randomMatrix(50, 3, 1), randomMatrix(3, 60, 2))).s.length).toBe(3);
  });

  it('makes the largest entry of each left vector positive', () => {
    fc.assert(
      fc.property(anyMatrix(), (x) => {
        const { u } = svd(x);
        for (let j = 0; j < u.cols; j++) {
          const column = Array.from(u.data.subarray(j * u.rows, (j + 1) * u.rows));
          const largest = Math.max(...column.map(Math.abs));
          expect(column.find((value) => Math.abs(value) >= (1 - 1e-6) * largest)).toBeGreaterThan(0);
        }
      }),
      seeded,
    );
  });

  it('gives the same numbers for a matrix twice and swapped vectors for its transpose', () => {
    const x = randomMatrix(9, 6, 11);
    expect(svd(x)).toEqual(svd(matrix(9, 6, x.data.slice())));
    const { s } = svd(transpose(x));
    svd(x).s.forEach((value, i) => expect(s[i]).toBeCloseTo(value, 13));
  });

  it('is accurate for a full matrix of 128 columns', () => {
    const x = randomMatrix(128, 128, 4);
    const factors = svd(x);
    expect(relativeDistance(compose(factors), x)).toBeLessThan(1e-13);
    expect(orthonormality(factors.u)).toBeLessThan(1e-12);
  });

  it('refuses NaN and infinity and says where', () => {
    for (const bad of [NaN, Infinity]) {
      const x = randomMatrix(3, 2, 1);
      x.data[4] = bad;
      expect(() => svd(x)).toThrow(NonFiniteError);
      expect(() => svd(x)).toThrow(/index 4/);
    }
  });
});

describe('row-major conversion', () => {
  it('reads columns across', () => {
    expect(Array.from(toRowMajor(matrix(2, 3, Float64Array.of(1, 4, 2, 5, 3, 6))))).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

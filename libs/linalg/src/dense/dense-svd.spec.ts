import { describe, expect, it } from 'vitest';
import { compose, orthonormality, randomMatrix, relativeDistance } from '../../tests/support.ts';
import { thinQr } from '../householder.ts';
import { firstColumns, frobeniusNorm, identity, matrix, transpose, type Matrix } from '../matrix.ts';
import { svd, truncatedSvd } from '../svd.ts';
import { bidiagonalSvd } from './bidiagonal-svd.ts';
import { denseSvd } from './dense-svd.ts';

/** Q₁ diag(s) Q₂ᵀ for random orthonormal Q. */
function withSpectrum(rows: number, cols: number, s: ArrayLike<number>): Matrix {
  const { q: u } = thinQr(randomMatrix(rows, s.length, 1));
  const { q: v } = thinQr(randomMatrix(cols, s.length, 2));
  return compose({ u, s: Float64Array.from(s), v });
}
const spectrum = (n: number, value: (i: number) => number) => Float64Array.from({ length: n }, (_, i) => value(i));
const each = (rows: number, cols: number, value: (i: number, j: number) => number): Matrix => {
  const x = matrix(rows, cols);
  for (let j = 0; j < cols; j++) for (let i = 0; i < rows; i++) x.data[j * rows + i] = value(i, j);
  return x;
};

const adversaries: [string, Matrix][] = [
  ['a single number', matrix(1, 1, Float64Array.of(-3))],
  ['two by two', randomMatrix(2, 2, 1)],
  ['random, square', randomMatrix(100, 100, 2)],
  ['random, one column over a block', randomMatrix(130, 129, 3)],
  ['random, very tall', randomMatrix(300, 50, 4)],
  ['the identity', identity(70)],
  ['zero', matrix(50, 45)],
  ['ones', each(60, 50, () => 1)],
  ['Hilbert', each(80, 80, (i, j) => 1 / (i + j + 1))],
  ['upper bidiagonal ones', each(65, 65, (i, j) => (j === i || j === i + 1 ? 1 : 0))],
  ['zero diagonal', each(65, 65, (i, j) => (j === i + 1 ? 1 : 0))],
  ['graded columns', each(90, 80, (i, j) => Math.sin(i * 80 + j * j + 1) * 10 ** (-j / 4))],
  ['graded rows', each(90, 80, (i, j) => Math.sin(i * 80 + j * j + 1) * 10 ** (-i / 4))],
  [
    'clusters',
    withSpectrum(
      96,
      96,
      spectrum(96, (i) => 1 + 1e-13 * (i % 5) + Math.floor(i / 24)),
    ),
  ],
  [
    'equal values',
    withSpectrum(
      80,
      64,
      spectrum(64, (i) => (i < 30 ? 2 : 1)),
    ),
  ],
  [
    'rank 20 of 64',
    withSpectrum(
      64,
      64,
      spectrum(20, (i) => 1 / (i + 1)),
    ),
  ],
  [
    'eighteen orders of magnitude',
    withSpectrum(
      72,
      72,
      spectrum(72, (i) => 10 ** (-i / 4)),
    ),
  ],
  ['tiny', each(60, 60, (i, j) => 1e-290 * Math.cos(i * 60 + j * j))],
  ['huge', each(60, 60, (i, j) => 1e290 * Math.cos(i * 60 + j * j))],
];

describe('denseSvd', () => {
  it.each(adversaries)('reconstructs %s from orthonormal vectors and falling values', (_, x) => {
    const { u, s, v } = denseSvd(x);
    expect(relativeDistance(compose({ u, s, v }), x)).toBeLessThan(1e-13);
    expect(orthonormality(u)).toBeLessThan(1e-13);
    expect(orthonormality(v)).toBeLessThan(1e-13);
    for (let i = 0; i < s.length; i++) expect(s[i]).toBeGreaterThanOrEqual(s[i + 1] ?? 0);
  });

  it('finds known values', () => {
    const known = spectrum(90, (i) => 2 ** (-i / 3));
    const { s } = denseSvd(withSpectrum(120, 90, known));
    known.forEach((value, i) => expect(Math.abs(s[i]! - value)).toBeLessThan(1e-14));
  });

  it('gives the first vectors alone as it gives them among all, and values without any', () => {
    const x = randomMatrix(90, 70, 5);
    const all = denseSvd(x);
    const seen: number[] = [];
    const first = denseSvd(x, { keep: (s) => (seen.push(...s), 9) });
    expect(seen).toEqual(Array.from(all.s));
    expect(first.s).toEqual(all.s);
    expect(relativeDistance(first.u, firstColumns(all.u, 9))).toBeLessThan(1e-13);
    expect(relativeDistance(first.v, firstColumns(all.v, 9))).toBeLessThan(1e-13);
    const values = denseSvd(x, { left: false, right: false }).s;
    values.forEach((value, i) => expect(Math.abs(value - all.s[i]!)).toBeLessThan(1e-13 * all.s[0]!));
  });

  it('gives the same bits twice and leaves its input alone', () => {
    const x = randomMatrix(60, 60, 6);
    const before = x.data.slice();
    expect(denseSvd(x)).toEqual(denseSvd(x));
    expect(x.data).toEqual(before);
  });
});

describe('bidiagonalSvd', () => {
  it('knows the values of the discrete Laplacian in closed form', () => {
    const n = 101;
    // Bᵀ B = tridiagonal (−1, 2, −1) with a 1 in the corner
    const { s } = bidiagonalSvd(new Float64Array(n).fill(1), new Float64Array(n - 1).fill(-1));
    s.forEach((value, i) => {
      const exact = 2 * Math.cos(((i + 1) * Math.PI) / (2 * n + 1));
      expect(Math.abs(value - exact)).toBeLessThan(1e-14);
    });
  });

  it('keeps glued blocks apart', () => {
    const n = 101;
    const d = new Float64Array(n).fill(1);
    const e = Float64Array.from({ length: n - 1 }, (_, i) => (i % 10 === 0 ? 1e-8 : 1));
    const { u, s, v } = bidiagonalSvd(d, e);
    const x = each(n, n, (i, j) => (i === j ? 1 : j === i + 1 ? e[i]! : 0));
    expect(relativeDistance(compose({ u, s, v }), x)).toBeLessThan(1e-14);
    expect(orthonormality(u)).toBeLessThan(1e-13);
  });
});

describe('svd and truncatedSvd of large matrices', () => {
  it('agree with Jacobi rotations where both routes can be taken', () => {
    const x = randomMatrix(60, 40, 7); // Jacobi
    const { s } = svd(x);
    denseSvd(x).s.forEach((value, i) => expect(Math.abs(value / s[i]! - 1)).toBeLessThan(1e-12));
  });

  it.each([
    [120, 90, 60],
    [90, 120, 60],
    [150, 150, 45],
    [60, 400, 55],
  ])('drop what is noise in a %i x %i matrix of rank %i', (rows, cols, rank) => {
    const x = withSpectrum(
      rows,
      cols,
      spectrum(rank, (i) => 1 / (i + 1)),
    );
    const { u, s, v } = svd(x);
    expect([u.cols, s.length, v.cols]).toEqual([rank, rank, rank]);
    expect(relativeDistance(compose({ u, s, v }), x)).toBeLessThan(1e-13);
  });

  it.each([30, 50, 90])('give all values and the chosen vectors, %i columns', (n) => {
    for (const x of [randomMatrix(100, n, 8), transpose(randomMatrix(100, n, 8))]) {
      const all = svd(x);
      const { u, s, v } = truncatedSvd(x, (values) => (expect(values).toEqual(all.s), 5));
      expect(s).toEqual(all.s);
      expect([u.cols, v.cols]).toEqual([5, 5]);
      expect(relativeDistance(u, firstColumns(all.u, 5))).toBeLessThan(1e-12);
      expect(relativeDistance(v, firstColumns(all.v, 5))).toBeLessThan(1e-12);
    }
  });

  it('decomposes 768 x 768 to rounding', () => {
    const x = randomMatrix(768, 768, 9);
    const { u, s, v } = svd(x);
    expect(relativeDistance(compose({ u, s, v }), x)).toBeLessThan(1e-13);
    expect(orthonormality(u)).toBeLessThan(1e-12);
    expect(orthonormality(v)).toBeLessThan(1e-12);
    expect(Math.abs(frobeniusNorm(s) / frobeniusNorm(x.data) - 1)).toBeLessThan(1e-14);
  });
});

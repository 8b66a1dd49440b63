import {
  columns,
  identity,
  matrix,
  multiply,
  multiplyTransposed,
  thinQr,
  weightedSum,
  frobeniusNorm,
  type Matrix,
} from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { gaussian } from '../../tests/support.ts';
import { sideBySide } from './join-triplets.ts';
import { polarFactor } from './polar-factor.ts';

const random = (rows: number, cols: number, seed: number): Matrix => {
  const normal = gaussian(seed);
  return matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => normal()),
  );
};
const difference = (x: Matrix, y: Matrix): number => frobeniusNorm(weightedSum([x, y], [1, -1]).data);

describe('polarFactor', () => {
  it('has orthonormal columns and is nearer than any other such matrix at hand', () => {
    const x = random(7, 3, 1);
    const nearest = polarFactor(x);
    expect(difference(multiplyTransposed(nearest, nearest), identity(3))).toBeLessThan(1e-12);
    for (let seed = 2; seed < 12; seed++)
      expect(difference(x, thinQr(random(7, 3, seed)).q)).toBeGreaterThan(difference(x, nearest));
    expect(difference(x, thinQr(x).q)).toBeGreaterThan(difference(x, nearest));
  });

  it('leaves orthonormal columns as they are', () => {
    const { q } = thinQr(random(6, 4, 3));
    expect(difference(polarFactor(q), q)).toBeLessThan(1e-12);
  });

  it('divides a repeated column in equal parts, and takes float32 copies of it for the same', () => {
    const column = columns(thinQr(random(6, 2, 4)).q, 0, 1);
    const copy = matrix(6, 1, Float64Array.from(new Float32Array(column.data)));
    const factor = polarFactor(sideBySide([column, copy]));
    const half = weightedSum([column], [Math.SQRT1_2]);
    expect(difference(factor, sideBySide([half, half]))).toBeLessThan(1e-6);
    expect(Math.abs(frobeniusNorm(multiply(identity(6), factor).data) - 1)).toBeLessThan(1e-9);
  });

  it('is zero for a zero matrix', () => {
    expect(frobeniusNorm(polarFactor(matrix(3, 2)).data)).toBe(0);
  });
});

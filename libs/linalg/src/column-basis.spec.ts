import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMatrix, orthonormality, randomMatrix, relativeDistance, seeded } from '../tests/support.ts';
import { columnBasis, gramBasis, householderBasis, wholeSpace } from './column-basis.ts';
import { columns, identity, matrix, multiply } from './matrix.ts';

describe('columnBasis', () => {
  it('is orthonormal and holds every matrix exactly', () => {
    fc.assert(
      fc.property(anyMatrix(20, 8), (x) => {
        const basis = columnBasis(x);
        expect(relativeDistance(basis.lift(basis.coordinates), x)).toBeLessThan(1e-13);
        expect(orthonormality(basis.lift(identity(basis.size)))).toBeLessThan(1e-11);
      }),
      seeded,
    );
  });

  it('takes the whole space where the columns fill it', () => {
    const x = randomMatrix(5, 7, 1);
    const basis = columnBasis(x);
    expect(basis.size).toBe(5);
    expect(basis.coordinates).toBe(x);
  });

  it('lifts into memory that it is given', () => {
    const x = randomMatrix(9, 3, 2);
    const y = randomMatrix(3, 2, 3);
    for (const basis of [gramBasis(x)!, householderBasis(x), wholeSpace(randomMatrix(3, 3, 1))]) {
      const into = new Float64Array(40).fill(7);
      const lifted = basis.lift(y, into);
      expect(lifted.data.buffer).toBe(into.buffer);
      expect(lifted.data).toEqual(basis.lift(y).data);
      expect(into[39]).toBe(7);
    }
  });
});

describe('gramBasis', () => {
  it('spans the same space as Householder, to 12 digits, up to its condition limit', () => {
    const x = randomMatrix(40, 6, 3);
    for (let i = 0; i < 40; i++) x.data[200 + i] = x.data[i]! + 0.1 * x.data[200 + i]!; // column 5 close to column 0
    const gram = gramBasis(x)!;
    expect(orthonormality(gram.lift(identity(6)))).toBeLessThan(1e-12);
    expect(relativeDistance(gram.lift(gram.coordinates), x)).toBeLessThan(1e-12);
  });

  it('steps back from dependent, nearly dependent and zero columns', () => {
    const x = randomMatrix(12, 3, 4);
    const repeated = matrix(12, 3, x.data.slice());
    repeated.data.copyWithin(24, 0, 12);
    const close = matrix(12, 3, x.data.slice());
    for (let i = 0; i < 12; i++) close.data[24 + i] = close.data[i]! + 1e-4 * close.data[24 + i]!;
    const zero = matrix(12, 3, x.data.slice());
    zero.data.fill(0, 24);
    expect(gramBasis(repeated)).toBeUndefined();
    expect(gramBasis(close)).toBeUndefined();
    expect(gramBasis(zero)).toBeUndefined();
  });

  it('is not disturbed by columns of very different length', () => {
    const x = randomMatrix(12, 3, 5);
    x.data.forEach((value, i) => (x.data[i] = value * [1e-8, 1, 1e8][Math.floor(i / 12)]!));
    const basis = gramBasis(x)!;
    expect(orthonormality(basis.lift(identity(3)))).toBeLessThan(1e-13);
    const back = multiply(basis.lift(identity(3)), basis.coordinates);
    for (let j = 0; j < 3; j++)
      expect(
        relativeDistance(
          matrix(12, 1, back.data.slice(j * 12, j * 12 + 12)),
          matrix(12, 1, x.data.slice(j * 12, j * 12 + 12)),
        ),
      ).toBeLessThan(1e-13);
  });
});

describe('householderBasis', () => {
  const x = randomMatrix(12, 3, 4);
  const repeated = matrix(12, 6, Float64Array.of(...x.data, ...x.data.map((value) => -4 * value)));

  it('has the numerical rank for its size, whatever the lengths of the columns', () => {
    const mixed = multiply(x, randomMatrix(3, 6, 5));
    mixed.data.forEach((value, i) => (mixed.data[i] = value * 10 ** (-20 * Math.floor(i / 24))));
    for (const dependent of [repeated, mixed]) {
      const basis = householderBasis(dependent);
      expect(basis.size).toBe(3);
      for (let j = 0; j < 6; j++)
        expect(
          relativeDistance(basis.lift(columns(basis.coordinates, j, j + 1)), columns(dependent, j, j + 1)),
        ).toBeLessThan(1e-13);
    }
    expect(householderBasis(matrix(4, 2)).size).toBe(0);
  });

  it('gives equal columns equal coordinates, bit by bit', () => {
    const twice = matrix(12, 6, Float64Array.of(...x.data, ...x.data.map((value) => 4 * value)));
    const { data } = householderBasis(twice).coordinates;
    expect(data.slice(9)).toEqual(data.slice(0, 9).map((value) => 4 * value));
  });
});

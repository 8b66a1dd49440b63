import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMatrix, orthonormality, randomMatrix, relativeDistance, seeded } from '../tests/support.ts';
import { factorHouseholder, thinQr, upperFactor } from './householder.ts';
import { matrix, multiply } from './matrix.ts';

describe('thinQr', () => {
  it('reconstructs every matrix from orthonormal columns and an upper triangle', () => {
    fc.assert(
      fc.property(anyMatrix(), (x) => {
        const { q, r } = thinQr(x);
        expect(relativeDistance(multiply(q, r), x)).toBeLessThan(1e-13);
        expect(orthonormality(q)).toBeLessThan(1e-13);
        for (let j = 0; j < r.cols; j++) for (let i = j + 1; i < r.rows; i++) expect(r.data[j * r.rows + i]).toBe(0);
        for (let i = 0; i < Math.min(r.rows, r.cols); i++) expect(r.data[i * r.rows + i]).toBeGreaterThanOrEqual(0);
      }),
      seeded,
    );
  });

  it('keeps Q orthonormal for zero and repeated columns', () => {
    const x = randomMatrix(9, 4, 3);
    x.data.copyWithin(18, 9, 18); // column 2 = column 1
    x.data.fill(0, 27); // column 3 = 0
    const { q, r } = thinQr(x);
    expect(orthonormality(q)).toBeLessThan(1e-14);
    expect(relativeDistance(multiply(q, r), x)).toBeLessThan(1e-15);
  });

  it('leaves its input alone', () => {
    const x = randomMatrix(6, 3, 5);
    const before = x.data.slice();
    thinQr(x);
    expect(x.data).toEqual(before);
  });
});

describe('factorHouseholder with pivoting', () => {
  it('stops at the numerical rank', () => {
    for (const rank of [0, 1, 3, 5]) {
      const x = multiply(randomMatrix(12, rank, 7), randomMatrix(rank, 9, 8));
      expect(factorHouseholder(x, true).rank).toBe(rank);
    }
  });

  it('orders the diagonal of R by size, also after many downdates of the column norms', () => {
    const x = matrix(30, 30);
    for (let j = 0; j < 30; j++) for (let i = 0; i < 30; i++) x.data[j * 30 + i] = 1 / (i + j + 1); // Hilbert matrix
    const r = upperFactor(factorHouseholder(x, true));
    const diagonal = Array.from({ length: r.rows }, (_, i) => Math.abs(r.data[i * r.rows + i]!));
    for (let i = 1; i < diagonal.length; i++) expect(diagonal[i]).toBeLessThanOrEqual(diagonal[i - 1]! * (1 + 1e-6));
    expect(r.rows).toBeLessThan(20);
  });
});

import { ShapeMismatchError } from '@medlego/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyUpdate, compose, orthonormality, randomUpdate, relativeDistance, seeded } from '../tests/support.ts';
import { matrix, toRowMajor, transpose } from './matrix.ts';
import { productSvd } from './product-svd.ts';
import { denseMatrix, denseUpdate, stackLeft, stackRight, updateInnerProduct, updateNorm } from './update-products.ts';

describe('updates', () => {
  it('are scaling · B diag(E) A when dense', () => {
    const dense = denseUpdate({
      out: 2,
      in: 3,
      rank: 2,
      b: Float32Array.of(1, 2, 3, 4),
      e: Float32Array.of(10, 1),
      a: Float32Array.of(1, 0, 2, 0, 1, 1),
      scaling: 0.5,
    });
    // B E = [[10, 2], [30, 4]]
    expect(Array.from(dense)).toEqual([5, 1, 11, 15, 2, 32]);
  });

  it('have one dense form, row-major or as a matrix', () => {
    fc.assert(
      fc.property(anyUpdate(6, 9), (update) => {
        const rows = toRowMajor(denseMatrix(update));
        denseUpdate(update).forEach((value, i) => expect(rows[i]).toBeCloseTo(value, 12));
      }),
      seeded,
    );
  });

  it('have the inner product and norm of their dense forms, mixed ranks included', () => {
    fc.assert(
      fc.property(anyUpdate(6, 9), anyUpdate(6, 9), (x, y) => {
        const [dx, dy] = [denseUpdate(x), denseUpdate(y)];
        const dense = dx.reduce((sum, value, i) => sum + value * dy[i]!, 0);
        const norm = Math.hypot(...dx);
        expect(Math.abs(updateInnerProduct(x, y) - dense)).toBeLessThan(1e-11 * norm * Math.hypot(...dy));
        expect(Math.abs(updateNorm(x) - norm)).toBeLessThan(1e-11 * norm);
      }),
      seeded,
    );
  });

  it('have norm 0 when E is zero', () => {
    expect(updateNorm({ ...randomUpdate(4, 5, 3, 1), e: new Float64Array(3) })).toBe(0);
  });

  it('of different shapes have no inner product', () => {
    expect(() => updateInnerProduct(randomUpdate(4, 5, 1, 1), randomUpdate(5, 4, 1, 1))).toThrow(ShapeMismatchError);
  });
});

describe('stacks', () => {
  it('put factors side by side, B in columns and A transposed', () => {
    const x = randomUpdate(3, 4, 2, 1);
    const y = randomUpdate(3, 4, 1, 2);
    const left = stackLeft([x, y]);
    const right = stackRight([x, y]);
    expect([left.rows, left.cols, right.rows, right.cols]).toEqual([3, 3, 4, 3]);
    expect(Array.from(toRowMajor(left)).slice(0, 3)).toEqual([x.b[0], x.b[1], y.b[0]]);
    expect(Array.from(transpose(right).data).slice(0, 3)).toEqual([x.a[0], x.a[4], y.a[0]]);
  });
});

describe('productSvd', () => {
  it('decomposes a product of factors as svd does the product', () => {
    fc.assert(
      fc.property(anyUpdate(8, 6), (update) => {
        const left = stackLeft([update]);
        left.data.forEach((value, i) => (left.data[i] = value * update.e[Math.floor(i / 8)]! * update.scaling));
        const factors = productSvd(left, stackRight([update]));
        expect(relativeDistance(compose(factors), denseMatrix(update))).toBeLessThan(1e-12);
        expect(orthonormality(factors.u)).toBeLessThan(1e-11);
        expect(orthonormality(factors.v)).toBeLessThan(1e-11);
      }),
      seeded,
    );
  });

  it('refuses factors with different numbers of columns', () => {
    expect(() => productSvd(matrix(4, 2), matrix(5, 3))).toThrow(ShapeMismatchError);
  });
});

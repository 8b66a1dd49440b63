import { describe, expect, it } from 'vitest';
import { randomMatrix, randomUpdate, relativeDistance } from '../tests/support.ts';
import { columnBasis } from './column-basis.ts';
import { factorStack, matrixStack } from './column-stack.ts';
import { matrix, multiply, multiplyTransposed } from './matrix.ts';
import { type LowRankUpdate } from './low-rank-update.ts';

const single = (update: LowRankUpdate): LowRankUpdate => ({
  ...update,
  b: new Float32Array(update.b),
  a: new Float32Array(update.a),
});
const sides = ['left', 'right'] as const;

describe('factorStack', () => {
  it.each([
    [[4, 4, 4], 41, 30],
    [[1, 3, 2, 5], 43, 38],
    [[2], 9, 10],
    [[16, 16], 300, 270],
  ])('answers as the stacked matrix does, for ranks %j of [%i, %i]', (ranks, out, columns) => {
    for (const convert of [single, (update: LowRankUpdate) => update]) {
      const updates = ranks.map((rank, i) => convert(randomUpdate(out, columns, rank, i + 1)));
      for (const side of sides) {
        const stack = factorStack(updates, side);
        const x = stack.toMatrix();
        expect([stack.rows, stack.cols]).toEqual([x.rows, x.cols]);

        const gram = stack.gram();
        const expected = multiplyTransposed(x, x);
        for (let j = 0; j < x.cols; j++)
          for (let i = 0; i <= j; i++)
            expect(gram.data[j * x.cols + i]).toBeCloseTo(expected.data[j * x.cols + i]!, 10);

        const w = randomMatrix(x.cols, 5, 9);
        const product = matrix(x.rows, 5);
        stack.multiply(w, product.data);
        expect(relativeDistance(product, multiply(x, w))).toBeLessThan(1e-14);
      }
    }
  });

  it('gives the same basis as the matrix', () => {
    const updates = [1, 2, 3].map((seed) => single(randomUpdate(50, 40, 3, seed)));
    for (const side of sides) {
      const stack = factorStack(updates, side);
      const plain = columnBasis(matrixStack(stack.toMatrix()));
      const basis = columnBasis(stack);
      expect(relativeDistance(basis.coordinates, plain.coordinates)).toBeLessThan(1e-13);
      const y = randomMatrix(basis.size, 2, 4);
      expect(relativeDistance(basis.lift(y), plain.lift(y))).toBeLessThan(1e-13);
    }
  });

  it('counts repeated factors once, and takes the whole space for wide stacks', () => {
    const update = single(randomUpdate(30, 30, 3, 1));
    expect(columnBasis(factorStack([update, update], 'left')).size).toBe(3);
    const wide = columnBasis(factorStack(Array(11).fill(update), 'left'));
    expect(wide.size).toBe(30);
  });
});

import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../scripts/assemble.ts';
import { randomMatrix, seeded } from '../../tests/support.ts';
import { matrix, transpose, type Matrix } from '../matrix.ts';
import { multiplyStrided } from './multiply.ts';
import { blockSize } from './panel-module.ts';

/** The same sums in the same order: block by block of the inner index, each block from zero. */
function plainProduct(x: Matrix, y: Matrix): Matrix {
  const result = matrix(x.rows, y.cols);
  for (let j = 0; j < y.cols; j++)
    for (let i = 0; i < x.rows; i++) {
      let total = 0;
      for (let start = 0; start < x.cols; start += blockSize) {
        let sum = 0;
        for (let t = start; t < Math.min(x.cols, start + blockSize); t++)
          sum += x.data[t * x.rows + i]! * y.data[j * y.rows + t]!;
        total += sum;
      }
      result.data[j * x.rows + i] = total;
    }
  return result;
}

const columnMajor = ({ data, rows }: Matrix) => ({ data, at: 0, row: 1, col: rows });
const rowMajor = ({ data, rows }: Matrix) => ({ data, at: 0, row: rows, col: 1 });
const sizes = fc.record({
  m: fc.integer({ min: 1, max: 40 }),
  n: fc.integer({ min: 1, max: 40 }),
  k: fc.integer({ min: 1, max: 40 }),
  seed: fc.nat(),
});

describe('multiplyStrided', () => {
  it('gives the bits of plain loops, whichever way the operands lie', () => {
    fc.assert(
      fc.property(sizes, ({ m, n, k, seed }) => {
        const x = randomMatrix(m, k, seed);
        const y = randomMatrix(k, n, seed + 1);
        const expected = plainProduct(x, y).data;
        const c = matrix(m, n);
        for (const a of [columnMajor(x), rowMajor(transpose(x))])
          for (const b of [columnMajor(y), rowMajor(transpose(y))]) {
            multiplyStrided({ m, n, k }, a, b, { data: c.data.fill(NaN), at: 0, col: m });
            expect(c.data).toEqual(expected);
          }
      }),
      seeded,
    );
  });

  it.each([
    [300, 20, 20],
    [20, 300, 20],
    [9, 7, 600],
    [260, 258, 257],
  ])('gives them across blocks: %i x %i x %i', (m, n, k) => {
    const x = randomMatrix(m, k, 1);
    const y = randomMatrix(k, n, 2);
    const c = matrix(m, n);
    multiplyStrided({ m, n, k }, columnMajor(x), columnMajor(y), { data: c.data, at: 0, col: m });
    expect(c.data).toEqual(plainProduct(x, y).data);
  });

  it('adds to and subtracts from a part of a larger matrix, and leaves the rest', () => {
    const x = randomMatrix(5, 6, 3);
    const y = randomMatrix(6, 3, 4);
    const product = plainProduct(x, y);
    const whole = randomMatrix(9, 8, 5);
    for (const [into, sign] of [
      ['add', 1],
      ['subtract', -1],
    ] as const) {
      const c = matrix(9, 8, whole.data.slice());
      multiplyStrided(
        { m: 5, n: 3, k: 6 },
        columnMajor(x),
        columnMajor(y),
        { data: c.data, at: 2 * 9 + 1, col: 9 },
        { into },
      );
      for (let j = 0; j < 8; j++)
        for (let i = 0; i < 9; i++) {
          const inside = i >= 1 && i < 6 && j >= 2 && j < 5;
          const change = inside ? sign * product.data[(j - 2) * 5 + i - 1]! : 0;
          expect(c.data[j * 9 + i]).toBe(whole.data[j * 9 + i]! + change);
        }
    }
  });

  it.each([7, 28, 300])('computes the upper triangle of a Gram matrix of %i columns alone', (n) => {
    const x = randomMatrix(30, n, 6);
    const all = plainProduct(transpose(x), x).data;
    const c = matrix(n, n, new Float64Array(n * n).fill(NaN));
    multiplyStrided({ m: n, n, k: 30 }, rowMajor(x), columnMajor(x), { data: c.data, at: 0, col: n }, { upper: true });
    for (let j = 0; j < n; j++) {
      for (let i = 0; i <= j; i++) expect(c.data[j * n + i]).toBe(all[j * n + i]);
      for (let i = j + 4; i < n; i++) expect(c.data[j * n + i]).toBe(NaN);
    }
  });
});

describe('the embedded module', () => {
  it('is what its assembly source gives', async () => {
    const text = await readFile(new URL('./module-bytes.ts', import.meta.url), 'utf8');
    expect(text.replace(/\s/g, '')).toBe((await assemble()).replace(/\s/g, ''));
  });
});

import { matrix, type Matrix } from '../matrix.ts';
import { addColumns, dotColumns } from './column-loops.ts';
import { applyBlock, blockWidth, makeReflector, type Reflectors } from './reflectors.ts';

/**
 * x = Q R for a tall matrix of many columns, mostly by matrix products.
 *
 * @param a [m, n], m ≥ n, entries of about 1 at most; overwritten by the reflectors of Q
 * @returns r [n, n], upper triangular, diagonal of any sign
 */
export function blockedQr(a: Matrix): { q: Reflectors; r: Matrix } {
  const { rows: m, cols: n, data } = a;
  const q: Reflectors = { vectors: a, taus: new Float64Array(n), firstHead: 0 };
  const r = matrix(n, n);
  const w = new Float64Array(blockWidth);
  for (let start = 0; start < n; start += blockWidth) {
    const end = Math.min(n, start + blockWidth);
    for (let i = start; i < end; i++) {
      const at = i * m + i;
      const { tau, value } = makeReflector(data, at, m - i);
      q.taus[i] = tau;
      r.data[i * n + i] = value;
      const rest = end - i - 1;
      dotColumns(data, at + m, m, rest, data, at, m - i, w, 0);
      for (let c = 0; c < rest; c++) {
        w[c] = -tau * w[c]!;
        addColumns(data, at, m, 1, w, c, m - i, data, at + (c + 1) * m);
      }
    }
    // Rows above the heads belong to R, and the block needs zeros there before it is applied.
    for (let j = start; j < end; j++) {
      r.data.set(data.subarray(j * m, j * m + j), j * n);
      data.fill(0, j * m, j * m + j);
    }
    applyBlock(q, start, end, a, end, true);
  }
  return { q, r };
}

import { dot } from '../kernels.ts';
import { matrix, type Matrix } from '../matrix.ts';
import { multiplyStrided, type Operand } from '../panels/multiply.ts';

/** Reflectors H = I − τ v vᵀ, one a column: zeros above the head, which is 1. */
export interface Reflectors {
  readonly vectors: Matrix;
  readonly taus: Float64Array;
  /** Row of the first reflector's head; that of reflector j is `firstHead` + j. */
  readonly firstHead: number;
}

/** Reflectors that are put together into one step of matrix products. */
export const blockWidth = 32;

/**
 * Turns the `length` entries at `at` into a reflector (head 1) that maps them onto their first entry.
 * @returns τ (0 where nothing is to be done) and the first entry's new value
 */
export function makeReflector(data: Float64Array, at: number, length: number): { tau: number; value: number } {
  const alpha = data[at]!;
  const tail = dot(data, at + 1, data, at + 1, length - 1);
  data[at] = 1;
  if (tail === 0) return { tau: 0, value: alpha };
  const norm = Math.sqrt(alpha * alpha + tail);
  const value = alpha > 0 ? -norm : norm; // the sign that does not cancel
  const factor = 1 / (alpha - value);
  for (let i = at + 1; i < at + length; i++) data[i] = data[i]! * factor;
  return { tau: (value - alpha) / value, value };
}

/** y ← H₀ H₁ … y in place, y [rows of the vectors, any]. */
export function applyReflectors(reflectors: Reflectors, y: Matrix): void {
  const count = reflectors.taus.length;
  for (let start = count - 1 - ((count - 1) % blockWidth); start >= 0; start -= blockWidth)
    applyBlock(reflectors, start, Math.min(count, start + blockWidth), y, 0, false);
}

/**
 * Columns of y from `firstColumn` on ← H_start … H_(end − 1) y, or the transpose of the product times y: I − V T Vᵀ,
 * with T upper triangular.
 * Source: Schreiber and Van Loan, A storage-efficient WY representation (1989).
 */
export function applyBlock(
  { vectors, taus, firstHead }: Reflectors,
  start: number,
  end: number,
  y: Matrix,
  firstColumn: number,
  transposed: boolean,
): void {
  const rows = vectors.rows;
  const width = end - start;
  const head = firstHead + start;
  const count = y.cols - firstColumn;
  if (count <= 0 || width <= 0) return;
  const v = { data: vectors.data, at: start * rows + head, row: 1, col: rows };
  const vt = { ...v, row: rows, col: 1 };
  const block = { data: y.data, at: firstColumn * y.rows + head, row: 1, col: y.rows };
  const t = triangle(vt, v, rows - head, taus.subarray(start, end));
  const w = matrix(width, count);
  const tw = matrix(width, count);
  multiplyStrided({ m: width, n: count, k: rows - head }, vt, block, { data: w.data, at: 0, col: width });
  multiplyStrided(
    { m: width, n: count, k: width },
    transposed ? { data: t.data, at: 0, row: width, col: 1 } : { data: t.data, at: 0, row: 1, col: width },
    { data: w.data, at: 0, row: 1, col: width },
    { data: tw.data, at: 0, col: width },
  );
  multiplyStrided({ m: rows - head, n: count, k: width }, v, { data: tw.data, at: 0, row: 1, col: width }, block, {
    into: 'subtract',
  });
}

function triangle(vt: Operand, v: Operand, length: number, taus: Float64Array): Matrix {
  const n = taus.length;
  const gram = matrix(n, n);
  multiplyStrided({ m: n, n, k: length }, vt, v, { data: gram.data, at: 0, col: n });
  const t = matrix(n, n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let l = i; l < j; l++) sum += t.data[l * n + i]! * gram.data[j * n + l]!;
      t.data[j * n + i] = -taus[j]! * sum;
    }
    t.data[j * n + j] = taus[j]!;
  }
  return t;
}

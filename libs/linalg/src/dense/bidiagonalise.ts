import { matrix, type Matrix } from '../matrix.ts';
import { multiplyStrided } from '../panels/multiply.ts';
import { addColumns, dotColumns } from './column-loops.ts';
import { blockWidth, makeReflector, type Reflectors } from './reflectors.ts';

/** x = Q B Pᵀ with orthogonal Q [m, m] and P [n, n] as products of reflectors, and upper bidiagonal B. */
export interface Bidiagonal {
  readonly diagonal: Float64Array;
  readonly superdiagonal: Float64Array;
  readonly left: Reflectors;
  readonly right: Reflectors;
}

/**
 * Householder bidiagonalisation of a tall or square matrix. A block of reflectors is made on the matrix as it was before the
 * block, with corrections to single rows and columns, so that half the work is matrix products.
 *
 * @param a [m, n], m ≥ n, entries of about 1 at most; overwritten by the left reflectors
 * @returns diagonal [n], superdiagonal [n − 1]
 * Source: Dongarra, Sorensen and Hammarling, Block reduction of matrices to condensed form (1989).
 */
export function bidiagonalise(a: Matrix): Bidiagonal {
  const { rows: m, cols: n } = a;
  const p = matrix(n, Math.max(0, n - 1));
  const result: Bidiagonal = {
    diagonal: new Float64Array(n),
    superdiagonal: new Float64Array(Math.max(0, n - 1)),
    left: { vectors: a, taus: new Float64Array(n), firstHead: 0 },
    right: { vectors: p, taus: new Float64Array(p.cols), firstHead: 1 },
  };
  const x = new Float64Array(m * blockWidth);
  const y = new Float64Array(n * blockWidth);
  for (let start = 0; start < n; start += blockWidth) {
    const end = Math.min(n, start + blockWidth);
    reduceBlock(result, start, end, x, y);
    updateRest(result, start, end, x, y);
  }
  // The vectors were made in place: what is left above their heads is not part of them.
  for (let j = 0; j < n; j++) a.data.fill(0, j * m, j * m + j);
  return result;
}

/**
 * Rows and columns start … end − 1. At each step the matrix in its present state is
 * a − V Yᵀ − X Uᵀ, with V the left and U the right reflectors of this block so far.
 */
function reduceBlock(
  { diagonal, superdiagonal, left, right }: Bidiagonal,
  start: number,
  end: number,
  x: Float64Array,
  y: Float64Array,
): void {
  const { rows: m, cols: n, data: a } = left.vectors;
  const p = right.vectors.data;
  const w = new Float64Array(blockWidth);
  // The four tall matrices: where column c of the block begins.
  const v0 = start * m;
  const u0 = start * n;

  for (let i = start; i < end; i++) {
    const done = i - start;
    for (let c = 0; c < done; c++) w[c] = -y[c * n + i]!;
    addColumns(a, v0 + i, m, done, w, 0, m - i, a, i * m + i);
    for (let c = 0; c < done; c++) w[c] = -p[u0 + c * n + i]!;
    addColumns(x, i, m, done, w, 0, m - i, a, i * m + i);
    const column = makeReflector(a, i * m + i, m - i);
    diagonal[i] = column.value;
    left.taus[i] = column.tau;
    if (i === n - 1) return;

    const rest = n - i - 1;
    const yi = done * n + i + 1;
    dotColumns(a, (i + 1) * m + i, m, rest, a, i * m + i, m - i, y, yi);
    dotColumns(a, v0 + i, m, done, a, i * m + i, m - i, w, 0);
    for (let c = 0; c < done; c++) w[c] = -w[c]!;
    addColumns(y, i + 1, n, done, w, 0, rest, y, yi);
    dotColumns(x, i, m, done, a, i * m + i, m - i, w, 0);
    for (let c = 0; c < done; c++) w[c] = -w[c]!;
    addColumns(p, u0 + i + 1, n, done, w, 0, rest, y, yi);
    for (let j = yi; j < yi + rest; j++) y[j] = y[j]! * column.tau;

    const pi = i * n + i + 1;
    for (let j = 0; j < rest; j++) p[pi + j] = a[(i + 1 + j) * m + i]!;
    for (let c = 0; c <= done; c++) w[c] = -a[v0 + c * m + i]!;
    addColumns(y, i + 1, n, done + 1, w, 0, rest, p, pi);
    for (let c = 0; c < done; c++) w[c] = -x[c * m + i]!;
    addColumns(p, u0 + i + 1, n, done, w, 0, rest, p, pi);
    const row = makeReflector(p, pi, rest);
    superdiagonal[i] = row.value;
    right.taus[i] = row.tau;

    const below = m - i - 1;
    const xi = done * m + i + 1;
    x.fill(0, xi, xi + below);
    addColumns(a, (i + 1) * m + i + 1, m, rest, p, pi, below, x, xi);
    dotColumns(y, i + 1, n, done + 1, p, pi, rest, w, 0);
    for (let c = 0; c <= done; c++) w[c] = -w[c]!;
    addColumns(a, v0 + i + 1, m, done + 1, w, 0, below, x, xi);
    dotColumns(p, u0 + i + 1, n, done, p, pi, rest, w, 0);
    for (let c = 0; c < done; c++) w[c] = -w[c]!;
    addColumns(x, i + 1, m, done, w, 0, below, x, xi);
    for (let j = xi; j < xi + below; j++) x[j] = x[j]! * row.tau;
  }
}

/** a ← a − V Yᵀ − X Uᵀ right of and below the block. */
function updateRest({ left, right }: Bidiagonal, start: number, end: number, x: Float64Array, y: Float64Array): void {
  const { rows: m, cols: n, data: a } = left.vectors;
  const rows = m - end;
  const cols = n - end;
  if (rows <= 0 || cols <= 0) return;
  const width = end - start;
  const size = { m: rows, n: cols, k: width };
  const rest = { data: a, at: end * m + end, col: m };
  multiplyStrided(size, { data: a, at: start * m + end, row: 1, col: m }, { data: y, at: end, row: n, col: 1 }, rest, {
    into: 'subtract',
  });
  multiplyStrided(
    size,
    { data: x, at: end, row: 1, col: m },
    { data: right.vectors.data, at: start * n + end, row: n, col: 1 },
    rest,
    { into: 'subtract' },
  );
}

import { firstColumns, identity, largestEntry, matrix, unitScale, type Matrix } from '../matrix.ts';
import { joinHalves } from './join-halves.ts';

/** How much of a decomposition is wanted. */
export interface SvdRequest {
  /** Compute left vectors. Default: true. */
  readonly left?: boolean;
  /** Compute right vectors. Default: true. */
  readonly right?: boolean;
  /** Number of triplets wanted, from the falling values; all by default. */
  readonly keep?: (values: Float64Array) => number;
}

/** SVD of a piece of k rows and k + 1 columns, in any order; the last right vector is the one that the piece maps to zero. */
export interface Piece {
  readonly values: Float64Array;
  /** [k, k]; without rows where no left vectors are wanted. */
  readonly u: Matrix;
  /** [k + 1, k + 1]; where only values are wanted, [2, k + 1]: its first and its last row. */
  readonly v: Matrix;
}

export interface PieceMode {
  readonly left: boolean;
  readonly right: boolean;
}

/**
 * SVD of an upper bidiagonal matrix by divide and conquer: the middle row is taken out, both halves are solved, and the row
 * is put back as a correction of rank one. Values are exact to a few units of rounding of the largest, vectors orthonormal
 * to rounding, for clusters and zeros too. O(n²) without vectors.
 *
 * @param diagonal      [n], any sign
 * @param superdiagonal [n − 1]
 * @returns all n values, falling and non-negative, zeros included; u [n, k] and v [n, k] (no rows where not wanted)
 * Source: Gu and Eisenstat, A divide-and-conquer algorithm for the bidiagonal SVD, SIAM J. Matrix Anal. Appl. 16 (1995).
 */
export function bidiagonalSvd(
  diagonal: Float64Array,
  superdiagonal: Float64Array,
  { left = true, right = true, keep = (values) => values.length }: SvdRequest = {},
): { u: Matrix; s: Float64Array; v: Matrix } {
  const n = diagonal.length;
  const scale = unitScale(Float64Array.of(largestEntry(diagonal), largestEntry(superdiagonal)));
  const d = diagonal.map((value) => value * scale);
  // A last column of zeros makes every piece, the whole included, one column wider than high.
  const e = new Float64Array(n);
  for (let i = 0; i < n - 1; i++) e[i] = superdiagonal[i]! * scale;

  if (scale === 1 && largestEntry(d) === 0 && largestEntry(e) === 0) {
    const kept = keep(new Float64Array(n));
    return {
      u: left ? firstColumns(identity(n), kept) : matrix(0, kept),
      s: new Float64Array(n),
      v: right ? firstColumns(identity(n), kept) : matrix(0, kept),
    };
  }
  const mode = { left, right: right || left };
  const whole = solvePiece(d, e, 0, n, mode, (values) => keep(values.map((value) => value / scale)));
  const s = whole.values.map((value) => value / scale);
  const kept = whole.u.cols;
  return { u: whole.u, s, v: right ? upperRows(whole.v, n, kept) : matrix(0, kept) };
}

/** Rows `from` to `to` of the bidiagonal matrix. */
function solvePiece(
  d: Float64Array,
  e: Float64Array,
  from: number,
  to: number,
  mode: PieceMode,
  keep?: SvdRequest['keep'],
): Piece {
  if (from === to) {
    const rows = mode.right ? 1 : 2;
    return { values: new Float64Array(0), u: matrix(0, 0), v: matrix(rows, 1, new Float64Array(rows).fill(1)) };
  }
  const middle = (from + to) >> 1;
  const upper = solvePiece(d, e, from, middle, mode);
  const lower = solvePiece(d, e, middle + 1, to, mode);
  return joinHalves(upper, d[middle]!, e[middle]!, lower, mode, keep);
}

/** The first `rows` rows of the first `cols` columns, a new matrix. */
function upperRows(x: Matrix, rows: number, cols: number): Matrix {
  const result = matrix(rows, cols);
  for (let j = 0; j < cols; j++) result.data.set(x.data.subarray(j * x.rows, j * x.rows + rows), j * rows);
  return result;
}

import { matrix, unitScale, type Matrix } from '../matrix.ts';
import { bidiagonalise } from './bidiagonalise.ts';
import { bidiagonalSvd, type SvdRequest } from './bidiagonal-svd.ts';
import { blockedQr } from './blocked-qr.ts';
import { applyReflectors } from './reflectors.ts';

/** From this many rows per column on, a QR factorisation first saves more than it costs. */
const tall = 1.6;

/**
 * SVD of a tall or square matrix of full rank: bidiagonalisation, divide and conquer, and both sets of reflectors back. Values
 * are exact to a few units of rounding of the largest one; small ones therefore have fewer digits than Jacobi's.
 *
 * @param x [m, n], m ≥ n, finite, borrowed
 * @returns all n values, falling, zeros included; u [m, k], v [n, k] without rows where they are not wanted. Signs as they come.
 * Source: Golub and Van Loan, Matrix Computations, sections 5.4.8 and 8.6.
 */
export function denseSvd(x: Matrix, request: SvdRequest = {}): { u: Matrix; s: Float64Array; v: Matrix } {
  const { rows: m, cols: n } = x;
  const scale = unitScale(x.data);
  const a = matrix(
    m,
    n,
    x.data.map((value) => value * scale),
  );
  const qr = m > tall * n ? blockedQr(a) : undefined;
  const { diagonal, superdiagonal, left, right } = bidiagonalise(qr?.r ?? a);
  const { keep } = request;
  const core = bidiagonalSvd(diagonal, superdiagonal, {
    ...request,
    ...(keep && { keep: (values) => keep(values.map((value) => value / scale)) }),
  });
  let u = core.u;
  if (u.rows > 0) {
    u = taller(u, left.vectors.rows);
    applyReflectors(left, u);
    if (qr) {
      u = taller(u, m);
      applyReflectors(qr.q, u);
    }
  }
  if (core.v.rows > 0) applyReflectors(right, core.v);
  return { u, s: core.s.map((value) => value / scale), v: core.v };
}

/** The same columns with zeros below. */
function taller(x: Matrix, rows: number): Matrix {
  if (rows === x.rows) return x;
  const result = matrix(rows, x.cols);
  for (let j = 0; j < x.cols; j++) result.data.set(x.data.subarray(j * x.rows, (j + 1) * x.rows), j * rows);
  return result;
}

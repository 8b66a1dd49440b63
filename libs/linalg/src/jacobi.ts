import { invariant } from '@medlego/errors';
import { dot, rotate } from './kernels.ts';
import { frobeniusNorm, matrix, unitScale, type Matrix } from './matrix.ts';

const maxSweeps = 60;

/**
 * SVD of a tall or square matrix by one-sided Jacobi rotations: columns are turned in pairs until all are orthogonal; their
 * lengths are then the singular values. Quadratic convergence, about 3 to 8 sweeps; best after QR (`svd` does that).
 *
 * @param x [m, n], m ≥ n, finite, borrowed
 * @returns u [m, p], s [p] falling and positive, v [n, p]; p < n where columns vanish. Signs as they come.
 * Source: Golub and Van Loan, Matrix Computations, section 8.6.4.
 */
export function diagonalise(x: Matrix): { u: Matrix; s: Float64Array; v: Matrix } {
  const { rows: m, cols: n } = x;
  const scale = unitScale(x.data);
  // Column j of x above column j of V: one rotation turns both.
  const height = m + n;
  const stack = new Float64Array(height * n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < m; i++) stack[j * height + i] = x.data[j * m + i]! * scale;
    stack[j * height + m + j] = 1;
  }
  const norms = new Float64Array(n);
  let sweeps = 0;
  while (sweep(stack, norms, m, n))
    invariant(++sweeps < maxSweeps, `Jacobi rotations did not settle within ${maxSweeps} sweeps`);
  return collect(stack, m, n, scale);
}

/** One pass over all pairs of columns. Answers whether any pair had to be turned. */
function sweep(stack: Float64Array, norms: Float64Array, m: number, n: number): boolean {
  const height = m + n;
  const tolerance = (Math.max(4, Math.sqrt(m)) * 2 ** -53) ** 2;
  // Squared lengths, kept up to date by each rotation and computed afresh once a pass.
  for (let j = 0; j < n; j++) norms[j] = dot(stack, j * height, stack, j * height, m);
  let turned = false;
  for (let i = 0; i < n - 1; i++) {
    for (let j = i + 1; j < n; j++) {
      const cross = dot(stack, i * height, stack, j * height, m);
      if (cross * cross <= tolerance * norms[i]! * norms[j]!) continue;
      turned = true;
      const zeta = (norms[j]! - norms[i]!) / (2 * cross);
      const tan = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
      const cos = 1 / Math.sqrt(1 + tan * tan);
      rotate(stack, i * height, j * height, height, cos, cos * tan);
      norms[i] = norms[i]! - tan * cross;
      norms[j] = norms[j]! + tan * cross;
    }
  }
  return turned;
}

/** Sorts the columns by falling length (equal lengths keep their order) and drops vanishing ones. */
function collect(stack: Float64Array, m: number, n: number, scale: number): { u: Matrix; s: Float64Array; v: Matrix } {
  const height = m + n;
  const upper = (j: number) => stack.subarray(j * height, j * height + m);
  const lengths = Array.from({ length: n }, (_, j) => frobeniusNorm(upper(j)));
  const order = lengths.map((_, j) => j).sort((i, j) => lengths[j]! - lengths[i]! || i - j);
  const smallest = (lengths[order[0] ?? 0] ?? 0) * n * 2 ** -53;
  const kept = order.filter((j) => lengths[j]! > smallest);
  const u = matrix(m, kept.length);
  const v = matrix(n, kept.length);
  kept.forEach((j, to) => {
    for (let i = 0; i < m; i++) u.data[to * m + i] = stack[j * height + i]! / lengths[j]!;
    v.data.set(stack.subarray(j * height + m, (j + 1) * height), to * n);
  });
  return { u, s: Float64Array.from(kept, (j) => lengths[j]! / scale), v };
}

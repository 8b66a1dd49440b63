import { invariant } from '@medlego/errors';
import { frobeniusNorm, matrix, unitScale, type Matrix } from './matrix.ts';
import { panelModule } from './panels/panel-module.ts';

const maxSweeps = 60;

/** Most columns (and rows) that fit the memory of the inner loops. */
const largestSize = 256;

/**
 * SVD of a tall or square matrix by one-sided Jacobi rotations: columns are turned in pairs until all are orthogonal; their
 * lengths are then the singular values. Quadratic convergence, about 3 to 8 sweeps; best after QR (`svd` does that).
 *
 * @param x [m, n], m ≥ n, at most 256 of each, finite, borrowed
 * @returns u [m, p], s [p] falling and positive, v [n, p]; p < n where columns vanish. Signs as they come.
 * Source: Golub and Van Loan, Matrix Computations, section 8.6.4.
 */
export function diagonalise(x: Matrix): { u: Matrix; s: Float64Array; v: Matrix } {
  const { rows: m, cols: n } = x;
  if (n === 0) return { u: matrix(m, 0), s: new Float64Array(0), v: matrix(0, 0) };
  invariant(m <= largestSize, `Jacobi rotations of a matrix of ${m} rows`);
  const scale = unitScale(x.data);
  const { memory, sweep } = panelModule();
  // Column j of x above column j of V: one rotation turns both. Each is filled up with zeros to a multiple of four.
  const upper = 4 * Math.ceil(m / 4);
  const height = upper + 4 * Math.ceil(n / 4);
  memory.fill(0, 0, height * n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < m; i++) memory[j * height + i] = x.data[j * m + i]! * scale;
    memory[j * height + upper + j] = 1;
  }
  const tolerance = (Math.max(4, Math.sqrt(m)) * 2 ** -53) ** 2;
  let sweeps = 0;
  while (sweep(n, upper, height, tolerance))
    invariant(++sweeps < maxSweeps, `Jacobi rotations did not settle within ${maxSweeps} sweeps`);
  return collect(memory, m, n, upper, height, scale);
}

/** Sorts the columns by falling length (equal lengths keep their order) and drops vanishing ones. */
function collect(
  stack: Float64Array,
  m: number,
  n: number,
  upper: number,
  height: number,
  scale: number,
): { u: Matrix; s: Float64Array; v: Matrix } {
  const lengths = Array.from({ length: n }, (_, j) => frobeniusNorm(stack.subarray(j * height, j * height + m)));
  const order = lengths.map((_, j) => j).sort((i, j) => lengths[j]! - lengths[i]! || i - j);
  const smallest = (lengths[order[0] ?? 0] ?? 0) * n * 2 ** -53;
  const kept = order.filter((j) => lengths[j]! > smallest);
  const u = matrix(m, kept.length);
  const v = matrix(n, kept.length);
  kept.forEach((j, to) => {
    for (let i = 0; i < m; i++) u.data[to * m + i] = stack[j * height + i]! / lengths[j]!;
    v.data.set(stack.subarray(j * height + upper, j * height + upper + n), to * n);
  });
  return { u, s: Float64Array.from(kept, (j) => lengths[j]! / scale), v };
}

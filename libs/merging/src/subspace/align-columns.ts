import {
  firstColumns,
  matrix,
  multiplyTransposed,
  numericalRank,
  productSvd,
  svd,
  type Matrix,
  type Svd,
} from '@medlego/linalg';
import { type ModuleDeltas } from '../merge-method.ts';
import { scaleColumns, type UpdateFactors } from '../spaces/merge-space.ts';
import { sideBySide } from './join-triplets.ts';

/** Updates in the common column basis of all: D_i = u · pieces[i]. */
export interface AlignedUpdates {
  /** [m, k], orthonormal columns: the left singular vectors of [D_1 … D_N]. */
  readonly u: Matrix;
  /** Σ V_iᵀ = uᵀ D_i [k, n], one per member; zero for a member of weight 0, which has no say in u. */
  readonly pieces: readonly Matrix[];
}

/**
 * SVD of the updates side by side. With factors at hand it is that of a product of thin matrices, else a dense one.
 * Source: Stoica et al. 2024, KnOTS, arXiv 2410.19735, Eq. 2 and 3.
 */
export function alignColumns({ deltas, factors }: ModuleDeltas, weights: readonly number[]): AlignedUpdates {
  const { rows, cols } = deltas[0]!;
  const taking = deltas.map(({ data }, i) => weights[i] !== 0 && data.some((value) => value !== 0));
  const present = deltas.filter((_, i) => taking[i]);
  if (present.length === 0) return { u: matrix(rows, 0), pieces: deltas.map(() => matrix(0, cols)) };
  const parts = factors.filter((_, i) => taking[i]).filter((part) => part !== undefined);
  const { u, s } = parts.length === present.length ? factoredSvd(parts) : svd(sideBySide(present));
  const kept = firstColumns(u, numericalRank(s));
  return { u: kept, pieces: deltas.map((x, i) => (taking[i] ? multiplyTransposed(kept, x) : matrix(kept.cols, cols))) };
}

/** [D_1 … D_N] = [B_1 … B_N] · blockdiag(A_1 … A_N), B with E and scaling. */
function factoredSvd(parts: readonly UpdateFactors[]): Svd {
  const { rows } = parts[0]!.a;
  const right = matrix(
    rows * parts.length,
    parts.reduce((sum, { a }) => sum + a.cols, 0),
  );
  let column = 0;
  parts.forEach(({ a }, i) => {
    for (let j = 0; j < a.cols; j++, column++)
      right.data.set(a.data.subarray(j * rows, (j + 1) * rows), column * right.rows + i * rows);
  });
  return productSvd(sideBySide(parts.map((part) => scaleColumns(part.b, part))), right);
}

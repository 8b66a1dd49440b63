import { identity, toRowMajor, type LowRankUpdate, type Matrix } from '@medlego/linalg';
import { type ModuleSpace } from './spaces/merge-space.ts';

/**
 * λ · update as exact float32 factors, without a decomposition: the smaller side is the identity. A masked update has full rank,
 * so orthonormal factors would cost a dense SVD per task and save nothing.
 *
 * @param update [left.size, right.size], borrowed
 * @returns undefined for a zero update
 */
export function taskUpdate(update: Matrix, { left, right }: ModuleSpace, lambda: number): LowRankUpdate | undefined {
  if (lambda === 0 || update.data.every((value) => value === 0)) return undefined;
  const rows = left.lift(update); // [out, right.size]
  const transposed = right.lift({ rows: rows.cols, cols: rows.rows, data: toRowMajor(rows) }); // [in, out]
  const { rows: columns, cols: out } = transposed;
  // Column after column of [in, out] is row after row of [out, in].
  const dense = Float32Array.from(transposed.data, (value) => lambda * value);
  const rank = Math.min(out, columns);
  const unit = Float32Array.from(identity(rank).data);
  const factors = out <= columns ? { b: unit, a: dense } : { b: dense, a: unit };
  return { out, in: columns, rank, e: new Float32Array(rank).fill(1), scaling: 1, ...factors };
}

import { ShapeMismatchError } from '@medlego/errors';
import { matrix, multiplyTransposed, type Matrix } from './matrix.ts';
import { type LowRankUpdate } from './low-rank-update.ts';

/** The B of all updates side by side, [out, Σ rank]; new. At least one update, all of one `out`. */
export function stackLeft(updates: readonly LowRankUpdate[]): Matrix {
  const { out } = updates[0]!;
  const result = matrix(out, totalRank(updates));
  let offset = 0;
  for (const { rank, b } of updates) {
    for (let i = 0; i < out; i++) for (let j = 0; j < rank; j++) result.data[offset + j * out + i] = b[i * rank + j]!;
    offset += out * rank;
  }
  return result;
}

/** The Aᵀ of all updates side by side, [in, Σ rank]; new. At least one update, all of one `in`. */
export function stackRight(updates: readonly LowRankUpdate[]): Matrix {
  const result = matrix(updates[0]!.in, totalRank(updates));
  let offset = 0;
  for (const { a } of updates) {
    result.data.set(a, offset); // A row after row is Aᵀ column after column
    offset += a.length;
  }
  return result;
}

const totalRank = (updates: readonly LowRankUpdate[]): number => updates.reduce((sum, { rank }) => sum + rank, 0);

/** ΔW as a matrix [out, in]; new. */
export function denseMatrix(update: LowRankUpdate): Matrix {
  const { out, in: columns, rank, e, a, scaling } = update;
  const result = matrix(out, columns);
  const left = stackLeft([update]);
  for (let l = 0; l < rank; l++) {
    const factor = scaling * e[l]!;
    if (factor === 0) continue;
    for (let j = 0; j < columns; j++) {
      const weight = factor * a[l * columns + j]!;
      for (let i = 0; i < out; i++)
        result.data[j * out + i] = result.data[j * out + i]! + weight * left.data[l * out + i]!;
    }
  }
  return result;
}

/** ΔW = scaling · B diag(E) A, row-major [out · in] float64, owned by the caller. Costs out · in numbers of memory. */
export function denseUpdate({ out, in: columns, rank, b, e, a, scaling }: LowRankUpdate): Float64Array {
  const result = new Float64Array(out * columns);
  for (let i = 0; i < out; i++) {
    for (let l = 0; l < rank; l++) {
      const weight = scaling * b[i * rank + l]! * e[l]!;
      if (weight === 0) continue;
      for (let j = 0; j < columns; j++)
        result[i * columns + j] = result[i * columns + j]! + weight * a[l * columns + j]!;
    }
  }
  return result;
}

/**
 * ⟨ΔX, ΔY⟩ = tr(ΔXᵀ ΔY) without forming either: two Gram matrices [rank, rank], O((out + in) · rank²).
 * @throws ShapeMismatchError unless both have the same out and in
 */
export function updateInnerProduct(x: LowRankUpdate, y: LowRankUpdate): number {
  if (x.out !== y.out || x.in !== y.in)
    throw new ShapeMismatchError({ param: 'second update', expected: [x.out, x.in], actual: [y.out, y.in] });
  const left = multiplyTransposed(stackLeft([x]), stackLeft([y])).data;
  const right = multiplyTransposed(stackRight([x]), stackRight([y])).data;
  let sum = 0;
  for (let j = 0; j < y.rank; j++)
    for (let i = 0; i < x.rank; i++) sum += x.e[i]! * y.e[j]! * left[j * x.rank + i]! * right[j * x.rank + i]!;
  return x.scaling * y.scaling * sum;
}

/**
 * ‖ΔW‖ (Frobenius) from the factors. When terms cancel, what is left carries the rounding of the terms: about 1e-8 of
 * their size at worst, since a square root is taken.
 */
export function updateNorm(update: LowRankUpdate): number {
  return Math.sqrt(Math.max(0, updateInnerProduct(update, update)));
}

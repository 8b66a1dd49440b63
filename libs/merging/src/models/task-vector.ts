import { matrix, type Matrix } from '@medlego/linalg';
import { hostTensor, type HostTensor } from '@medlego/tensors';
import { type TensorHeader } from './model-member.ts';

/** Floating-point tensors are merged; all others (counters, masks) are taken from the backbone. */
export const isMerged = ({ dtype }: TensorHeader): boolean => dtype === 'float32' || dtype === 'float64';

/** A tensor as methods see it: [first axis, all others], a vector or a number as one column. */
export function matrixShape({ shape }: TensorHeader): { rows: number; cols: number } {
  const [rows = 1, ...rest] = shape;
  return { rows, cols: rest.reduce((product, size) => product * size, 1) };
}

/** Two axes: a linear layer's weight. Convolutions and embeddings are none to methods that are published for matrices. */
export const isMatrix = ({ shape }: TensorHeader): boolean => shape.length === 2;

/** Tiles keep both the rows that are read and the columns that are written in cache. */
const tile = 32;

/** τ = θ − θ₀ in float64, exact for float32 weights of like size. */
export function taskVector(tuned: HostTensor, base: HostTensor): Matrix {
  const { rows, cols } = matrixShape(base);
  const result = matrix(rows, cols);
  const theta = tuned.data as Float32Array;
  const theta0 = base.data as Float32Array;
  for (let top = 0; top < rows; top += tile)
    for (let left = 0; left < cols; left += tile)
      for (let i = top; i < Math.min(top + tile, rows); i++)
        for (let j = left; j < Math.min(left + tile, cols); j++)
          result.data[j * rows + i] = theta[i * cols + j]! - theta0[i * cols + j]!;
  return result;
}

/** θ₀ + λ · merged, in the backbone's dtype; sums in float64. */
export function addTaskVector(base: HostTensor, merged: Matrix, lambda: number): HostTensor {
  const { rows, cols } = merged;
  const theta0 = base.data as Float32Array;
  const data = new (base.dtype === 'float64' ? Float64Array : Float32Array)(theta0.length);
  for (let top = 0; top < rows; top += tile)
    for (let left = 0; left < cols; left += tile)
      for (let i = top; i < Math.min(top + tile, rows); i++)
        for (let j = left; j < Math.min(left + tile, cols); j++)
          data[i * cols + j] = theta0[i * cols + j]! + lambda * merged.data[j * rows + i]!;
  return hostTensor(base.dtype as 'float32', base.shape, data as Float32Array);
}

import { join } from 'node:path';
import { temporaryFolder } from '@medlego/testing';
import { writeNpz } from '../npz/write-npz.ts';
import { type NpyArray } from '../npz/read-npz.ts';

export const uint8 = (shape: number[], data: ArrayLike<number> = new Uint8Array(product(shape))): NpyArray => ({
  descr: '|u1',
  shape,
  data: Uint8Array.from(data),
});

export const product = (shape: readonly number[]) => shape.reduce((total, dim) => total * dim, 1);

/** Different bytes everywhere, so that swapped rows and axes show. */
export const pattern = (length: number, step = 7) => Uint8Array.from({ length }, (_, index) => (index * step + (index >> 8)) & 255);

/** Six arrays of a small grey data set with the given class indices. */
export function medmnistArrays(labels: { train: number[]; val: number[]; test: number[] }, size = 4): Record<string, NpyArray> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([split, values], number) => [
      [`${split}_images`, uint8([values.length, size, size], pattern(values.length * size * size, 7 + number * 2))],
      [`${split}_labels`, uint8([values.length, 1], values)],
    ]),
  );
}

export const twoClasses = { train: [0, 1, 0, 1, 1], val: [1, 0], test: [0, 1, 1] };

/** Writes arrays as `NAME` into a folder of their own and returns the path. */
export async function npzFile(arrays: Record<string, NpyArray>, name = 'tiny.npz', folder = temporaryFolder()): Promise<string> {
  const path = join(folder, name);
  await writeNpz(path, arrays);
  return path;
}

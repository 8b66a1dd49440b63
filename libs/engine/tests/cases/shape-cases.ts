import * as tf from '@tensorflow/tfjs-core';
import { between, bools, integers, type KernelCase } from './kernel-case.ts';

const x = between(-2, 2, [2, 3, 4]);
const parts = { a: between(-1, 1, [2, 2], 1), b: between(-1, 1, [2, 3], 2), c: between(-1, 1, [2, 1], 3) };
const equals = { a: between(-1, 1, [2, 2], 1), b: between(-1, 1, [2, 2], 2) };

const one = (
  kernel: string,
  variant: string | undefined,
  fn: (x: tf.Tensor) => tf.Tensor | tf.Tensor[],
): KernelCase => ({
  kernel,
  variant,
  inputs: { x },
  fn: (inputs) => fn(inputs.x!),
  wrt: ['x'],
});

export const shapeCases: readonly KernelCase[] = [
  one(tf.Reshape, undefined, (x) => tf.reshape(x, [4, -1])),
  one(tf.ExpandDims, undefined, (x) => tf.expandDims(x, 1)),
  one(tf.ExpandDims, 'last', (x) => tf.expandDims(x, -1)),
  one(tf.Transpose, undefined, (x) => tf.transpose(x, [2, 0, 1])),
  one(tf.Slice, undefined, (x) => tf.slice(x, [0, 1, 1], [2, 2, -1])),
  one(tf.Slice, 'whole', (x) => tf.slice(x, [0, 0, 0], [2, 3, 4])),
  one(tf.Reverse, undefined, (x) => tf.reverse(x, [0, 2])),
  one(tf.PadV2, undefined, (x) => tf.pad(x, [[0, 1], [2, 0], [1, 1]], 0.5)), // prettier-ignore
  one(tf.Tile, 'repeats', (x) => tf.tile(x, [2, 1, 3])),
  {
    kernel: tf.Tile,
    variant: 'of size 1',
    inputs: { x: between(-1, 1, [1, 3]) },
    fn: ({ x }) => tf.tile(x!, [4, 1]),
    wrt: ['x'],
  },
  { kernel: tf.StridedSlice, inputs: { x }, fn: ({ x }) => tf.stridedSlice(x!, [0, 0, 3], [2, 3, 0], [1, 2, -2]) },
  {
    kernel: tf.StridedSlice,
    variant: 'shrunk',
    inputs: { x },
    fn: ({ x }) => tf.stridedSlice(x!, [1, 0, 1], [2, 3, 3], [1, 1, 1], 0, 0, 0, 0, 1),
  },
  { kernel: tf.PadV2, variant: 'int32', inputs: { x: integers([2], [1, 2]) }, fn: ({ x }) => tf.pad(x!, [[1, 1]], 7) },
  { kernel: tf.PadV2, variant: 'bool', inputs: { x: bools([2], [1, 1]) }, fn: ({ x }) => tf.pad(x!, [[1, 1]]) },
  { kernel: tf.Concat, inputs: parts, fn: ({ a, b, c }) => tf.concat([a!, b!, c!], 1), wrt: ['a', 'b', 'c'] },
  {
    kernel: tf.Concat,
    variant: 'negative axis',
    inputs: equals,
    fn: ({ a, b }) => tf.concat([a!, b!], -2),
    wrt: ['a', 'b'],
  },
  { kernel: tf.Pack, inputs: equals, fn: ({ a, b }) => tf.stack([a!, b!], 1), wrt: ['a', 'b'] },
  { kernel: tf.Pack, variant: 'last', inputs: equals, fn: ({ a, b }) => tf.stack([a!, b!], -1), wrt: ['a', 'b'] },
  one(tf.Unpack, undefined, (x) => tf.unstack(x, 1)),
  one(tf.SplitV, 'even', (x) => tf.split(x, 2, 2)),
  one(tf.SplitV, 'uneven', (x) => tf.split(x, [1, 3], -1)),
];

import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '@medlego/tensors';
import { between, bools, integers, type KernelCase } from './kernel-case.ts';

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const both = (fn: Binary) => (x: Readonly<Record<string, tf.Tensor>>) => fn(x.a!, x.b!);

const pair = (
  kernel: string,
  fn: Binary,
  a: HostTensor,
  b: HostTensor,
  variant?: string,
  wrt?: string[],
): KernelCase => ({
  kernel,
  variant,
  inputs: { a, b },
  fn: both(fn),
  wrt,
});

/** Differentiable operations, with the range of their second operand. */
const smooth: readonly (readonly [string, Binary, number, number])[] = [
  [tf.Add, tf.add, -2, 2],
  [tf.Sub, tf.sub, -2, 2],
  [tf.Multiply, tf.mul, -2, 2],
  [tf.RealDiv, tf.div, 0.6, 2],
  [tf.Maximum, tf.maximum, -2, 2],
  [tf.Minimum, tf.minimum, -2, 2],
  [tf.SquaredDifference, tf.squaredDifference, -2, 2],
];

const comparisons: readonly (readonly [string, Binary])[] = [
  [tf.Equal, tf.equal],
  [tf.NotEqual, tf.notEqual],
  [tf.Greater, tf.greater],
  [tf.GreaterEqual, tf.greaterEqual],
  [tf.Less, tf.less],
  [tf.LessEqual, tf.lessEqual],
];

const ints = (values: number[]) => integers([values.length], values);
const signs = between(-4, 4, [6], 8);
const divisors = between(0.7, 2, [6], 9);

export const binaryCases: readonly KernelCase[] = [
  ...smooth.flatMap(([kernel, fn, low, high]) => [
    pair(kernel, fn, between(-2, 2, [2, 3], 3), between(low, high, [2, 3], 4), 'one shape', ['a', 'b']),
    pair(kernel, fn, between(-2, 2, [2, 1, 3], 5), between(low, high, [4, 1], 6), 'broadcast', ['a', 'b']),
    pair(kernel, fn, between(-2, 2, [], 7), between(low, high, [2, 2], 8), 'scalar', ['a', 'b']),
  ]),
  ...comparisons.flatMap(([kernel, fn]) => [
    pair(kernel, fn, ints([1, 2, 3, 4]), ints([3, 2, 1, 4]), 'int32'),
    pair(kernel, fn, between(-1, 1, [2, 2], 3), between(-1, 1, [2], 4), 'broadcast'),
    // libtensorflow orders numbers only.
    {
      ...pair(kernel, fn, bools([4], [0, 0, 1, 1]), bools([4], [0, 1, 0, 1]), 'bool'),
      notOnTensorflow: fn !== tf.equal && fn !== tf.notEqual,
    },
  ]),
  pair(tf.Pow, tf.pow, between(0.5, 2, [2, 3], 3), between(-2, 2, [3], 4), 'positive base', ['a', 'b']),
  pair(tf.Pow, tf.pow, between(-2, 2, [4], 3), integers([], [3]), 'whole exponent', ['a']),
  pair(tf.Add, tf.add, ints([1, -2]), between(-1, 1, [2]), 'int32 and float32'),
  pair(tf.Add, tf.add, ints([1, -2]), ints([3, 4]), 'int32'),
  pair(tf.Multiply, tf.mul, ints([1, -2]), ints([3, 4]), 'int32'),
  pair(tf.Multiply, tf.mul, between(-1, 1, [2]), bools([2], [1, 0]), 'float32 and bool', ['a']),
  pair(tf.FloorDiv, tf.floorDiv, ints([7, -7, 7, -7, 6]), ints([2, 2, -2, -2, 3]), 'int32'),
  // tfjs-node gives float32 here, tfjs int32.
  { ...pair(tf.FloorDiv, tf.floorDiv, signs, divisors, 'float32'), notOnTensorflow: true },
  pair(tf.Mod, tf.mod, ints([7, -7, 7, -7, 6]), ints([2, 2, -2, -2, 3]), 'int32'),
  pair(tf.Mod, tf.mod, signs, divisors, 'float32', ['a', 'b']),
  pair(tf.LogicalAnd, tf.logicalAnd, bools([4], [0, 0, 1, 1]), bools([4], [0, 1, 0, 1])),
  pair(tf.LogicalOr, tf.logicalOr, bools([4], [0, 0, 1, 1]), bools([4], [0, 1, 0, 1])),
  {
    kernel: tf.AddN,
    inputs: { a: between(-1, 1, [3], 1), b: between(-1, 1, [3], 2), c: between(-1, 1, [3], 3) },
    fn: ({ a, b, c }) => tf.addN([a!, b!, c!]),
    wrt: ['a', 'b', 'c'],
  },
  {
    kernel: tf.Select,
    inputs: { c: bools([2, 2], [1, 0, 0, 1]), a: between(-1, 1, [2, 2], 1), b: between(-1, 1, [2, 2], 2) },
    fn: ({ c, a, b }) => tf.where(c!, a!, b!),
    wrt: ['a', 'b'],
  },
  {
    kernel: tf.Select,
    variant: 'broadcast',
    inputs: { c: bools([2, 1], [1, 0]), a: between(-1, 1, [2, 3], 1), b: between(-1, 1, [], 2) },
    fn: ({ c, a, b }) => tf.where(c!, a!, b!),
    wrt: ['a', 'b'],
  },
];

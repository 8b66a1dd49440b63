import * as tf from '@tensorflow/tfjs-core';
import { between, integers, type KernelCase } from './kernel-case.ts';

const flags = [false, true];

const matMulCases: readonly KernelCase[] = flags.flatMap((ta) =>
  flags.flatMap((tb): KernelCase[] => [
    {
      kernel: tf.BatchMatMul,
      variant: `transposeA ${ta}, transposeB ${tb}`,
      inputs: { a: between(-1, 1, ta ? [4, 2] : [2, 4], 1), b: between(-1, 1, tb ? [3, 4] : [4, 3], 2) },
      fn: ({ a, b }) => tf.matMul(a!, b!, ta, tb),
      wrt: ['a', 'b'],
    },
    {
      kernel: tf.BatchMatMul,
      variant: `batches, transposeA ${ta}, transposeB ${tb}`,
      inputs: {
        a: between(-1, 1, ta ? [2, 2, 3, 2] : [2, 2, 2, 3], 1),
        b: between(-1, 1, tb ? [2, 2, 2, 3] : [2, 2, 3, 2], 2),
      },
      fn: ({ a, b }) => tf.matMul(a!, b!, ta, tb),
      wrt: ['a', 'b'],
    },
  ]),
);

const image = between(-1, 1, [2, 5, 6, 2], 1);
const filter = between(-1, 1, [3, 2, 2, 3], 2);

const convCases: readonly KernelCase[] = (
  [
    [1, 'same'],
    [2, 'same'],
    [1, 'valid'],
    [[2, 3], 'valid'],
  ] as const
).flatMap(([strides, pad]): KernelCase[] => {
  const conv = (x: tf.Tensor, w: tf.Tensor) =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides as [number, number], pad);
  const name = `strides ${String(strides)}, ${pad}`;
  const gradient = (wrt: 'x' | 'w') => (given: Readonly<Record<string, tf.Tensor>>) =>
    tf.grads((x: tf.Tensor, w: tf.Tensor) => tf.sum(tf.square(conv(x, w))))([given.x!, given.w!])[wrt === 'x' ? 0 : 1]!;
  const inputs = { x: image, w: filter };
  return [
    { kernel: tf.Conv2D, variant: name, inputs, fn: ({ x, w }) => conv(x!, w!), wrt: ['x', 'w'] },
    { kernel: tf.Conv2DBackpropInput, variant: name, inputs, fn: gradient('x') },
    { kernel: tf.Conv2DBackpropFilter, variant: name, inputs, fn: gradient('w') },
  ];
});

export const productCases: readonly KernelCase[] = [
  ...matMulCases,
  ...convCases,
  {
    kernel: tf.BatchMatMul,
    variant: 'broadcast batches',
    inputs: { a: between(-1, 1, [3, 2, 2], 1), b: between(-1, 1, [1, 2, 4], 2) },
    fn: ({ a, b }) => tf.matMul(a!, b!),
    wrt: ['a', 'b'],
  },
  {
    kernel: tf._FusedMatMul,
    inputs: { a: between(-1, 1, [2, 3], 1), b: between(-1, 1, [3, 4], 2), bias: between(-1, 1, [4], 3) },
    fn: ({ a, b, bias }) => tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation: 'relu' }),
    wrt: ['a', 'b', 'bias'],
  },
  {
    kernel: tf.FusedConv2D,
    inputs: { x: image, w: filter, bias: between(-1, 1, [3], 3) },
    fn: ({ x, w, bias }) =>
      tf.fused.conv2d({
        x: x as tf.Tensor4D,
        filter: w as tf.Tensor4D,
        strides: 2,
        pad: 'same',
        bias: bias!,
        activation: 'relu6',
      }),
  },
  {
    kernel: tf.Conv2D,
    variant: 'dilated',
    inputs: { x: image, w: filter },
    fn: ({ x, w }) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NHWC', 2),
  },
  {
    kernel: tf.Einsum,
    inputs: { a: between(-1, 1, [2, 3, 4], 1), b: between(-1, 1, [4, 2], 2) },
    fn: ({ a, b }) => tf.einsum('bij,jk->bik', a!, b!),
  },
  {
    kernel: tf.GatherV2,
    inputs: { x: between(-1, 1, [4, 3]), i: integers([3], [3, 0, 3]) },
    fn: ({ x, i }) => tf.gather(x!, i as tf.Tensor1D),
    wrt: ['x'],
  },
  {
    kernel: tf.GatherV2,
    variant: 'middle axis, indices of rank 2',
    inputs: { x: between(-1, 1, [2, 4, 3]), i: integers([2, 2], [3, 0, 1, 3]) },
    fn: ({ x, i }) => tf.gather(x!, i as tf.Tensor1D, 1),
    wrt: ['x'],
  },
  {
    kernel: tf.UnsortedSegmentSum,
    inputs: { x: between(-1, 1, [4, 2]), i: integers([4], [1, 0, 1, 2]) },
    fn: ({ x, i }) => tf.unsortedSegmentSum(x!, i as tf.Tensor1D, 4),
  },
  {
    kernel: tf.GatherNd,
    inputs: { x: between(-1, 1, [3, 4, 2]), i: integers([3, 2], [0, 1, 2, 3, 0, 1]) },
    fn: ({ x, i }) => tf.gatherND(x!, i!),
    wrt: ['x'],
  },
  {
    kernel: tf.ScatterNd,
    inputs: { i: integers([3, 2], [0, 1, 2, 3, 0, 1]), x: between(-1, 1, [3, 2]) },
    fn: ({ i, x }) => tf.scatterND(i!, x!, [3, 4, 2]),
  },
];

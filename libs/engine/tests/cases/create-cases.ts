import * as tf from '@tensorflow/tfjs-core';
import { between, integers, type KernelCase } from './kernel-case.ts';

const x = between(-1, 1, [3]);

export const createCases: readonly KernelCase[] = [
  { kernel: tf.Fill, inputs: { x }, fn: ({ x }) => tf.add(x!, tf.fill([2, 3], 1.5)) },
  { kernel: tf.Fill, variant: 'as a result', inputs: { x }, fn: () => tf.fill([2, 100], 1.5) },
  {
    kernel: tf.Fill,
    variant: 'int32',
    inputs: { x: integers([2], [1, 2]) },
    fn: ({ x }) => tf.add(x!, tf.fill([2], 3, 'int32')),
  },
  { kernel: tf.Range, inputs: { x }, fn: ({ x }) => tf.mul(x!, tf.range(6, 0, -2)) },
  { kernel: tf.Range, variant: 'int32', inputs: { x }, fn: () => tf.range(0, 5, 2, 'int32') },
  { kernel: tf.LinSpace, inputs: { x }, fn: ({ x }) => tf.mul(x!, tf.linspace(-1, 1, 3)) },
  { kernel: tf.OneHot, inputs: { x: integers([4], [0, 2, -1, 3]) }, fn: ({ x }) => tf.oneHot(x as tf.Tensor1D, 3) },
  {
    kernel: tf.OneHot,
    variant: 'smoothed, rank 2',
    inputs: { x: integers([2, 2], [0, 2, 1, 0]) },
    fn: ({ x }) => tf.oneHot(x!, 3, 0.9, 0.05, 'float32'),
  },
];

import * as tf from '@tensorflow/tfjs-core';
import { between, type KernelCase } from './kernel-case.ts';

const even = between(-1, 1, [2, 4, 6, 3], 1);
const odd = between(-1, 1, [2, 5, 7, 3], 2);

export const poolCases: readonly KernelCase[] = [
  {
    kernel: tf.AvgPool,
    variant: 'windows side by side',
    inputs: { x: even },
    fn: ({ x }) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'),
    wrt: ['x'],
  },
  {
    kernel: tf.AvgPool,
    variant: 'a last row and column without a window',
    inputs: { x: odd },
    fn: ({ x }) => tf.avgPool(x as tf.Tensor4D, [2, 3], [2, 3], 'valid'),
    wrt: ['x'],
  },
  {
    kernel: tf.AvgPool,
    variant: 'overlapping windows with padding',
    inputs: { x: odd },
    fn: ({ x }) => tf.avgPool(x as tf.Tensor4D, 3, 2, 'same'),
  },
];

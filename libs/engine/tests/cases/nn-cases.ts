import * as tf from '@tensorflow/tfjs-core';
import { attention, conv2d, frozenBatchNorm, gelu, layerNorm, linear, quickGelu } from '../../src/index.ts';
import { between, type KernelCase } from './kernel-case.ts';

const heads = (seed: number, tokens = 3) => between(-1, 1, [2, 2, tokens, 2], seed);

/** Functions of `nn`, tested like kernels. */
export const nnCases: readonly KernelCase[] = [
  {
    kernel: 'layerNorm',
    inputs: { x: between(-2, 2, [2, 3, 4], 1), gamma: between(0.5, 1.5, [4], 2), beta: between(-1, 1, [4], 3) },
    fn: ({ x, gamma, beta }) => layerNorm(x!, gamma!, beta!, 1e-5),
    wrt: ['x', 'gamma', 'beta'],
  },
  { kernel: 'gelu', inputs: { x: between(-3, 3, [3, 5]) }, fn: ({ x }) => gelu(x!), wrt: ['x'] },
  {
    kernel: 'linear',
    inputs: { x: between(-1, 1, [2, 3, 4], 1), w: between(-1, 1, [5, 4], 2), b: between(-1, 1, [5], 3) },
    fn: ({ x, w, b }) => linear(x!, w!, b),
    wrt: ['x', 'w', 'b'],
  },
  {
    kernel: 'linear',
    variant: 'without bias',
    inputs: { x: between(-1, 1, [3, 4], 1), w: between(-1, 1, [5, 4], 2) },
    fn: ({ x, w }) => linear(x!, w!),
    wrt: ['x', 'w'],
  },
  {
    kernel: 'attention',
    inputs: { q: heads(1), k: heads(2, 4), v: heads(3, 4) },
    fn: ({ q, k, v }) => attention(q!, k!, v!, 0.7),
    wrt: ['q', 'k', 'v'],
  },
  { kernel: 'quickGelu', inputs: { x: between(-3, 3, [3, 5]) }, fn: ({ x }) => quickGelu(x!), wrt: ['x'] },
  {
    kernel: 'conv2d',
    variant: 'stride 1, padding 1',
    inputs: { x: between(-1, 1, [2, 4, 5, 2], 1), w: between(-1, 1, [3, 2, 3, 3], 2) },
    fn: ({ x, w }) => conv2d(x!, w!, { padding: 1 }),
    wrt: ['x', 'w'],
  },
  {
    kernel: 'conv2d',
    variant: 'stride 2, padding 1, even and odd sides',
    inputs: { x: between(-1, 1, [2, 6, 5, 2], 1), w: between(-1, 1, [3, 2, 3, 3], 2) },
    fn: ({ x, w }) => conv2d(x!, w!, { stride: 2, padding: 1 }),
    wrt: ['x', 'w'],
  },
  {
    kernel: 'frozenBatchNorm',
    inputs: {
      x: between(-1, 1, [2, 3, 4], 1),
      weight: between(0.5, 1.5, [4], 2),
      bias: between(-1, 1, [4], 3),
      mean: between(-1, 1, [4], 4),
      variance: between(0.5, 2, [4], 5),
    },
    fn: ({ x, weight, bias, mean, variance }) => {
      const { scale, shift } = frozenBatchNorm(
        { weight: weight!, bias: bias!, mean: mean!, variance: variance! },
        1e-5,
      );
      return tf.add(tf.mul(x!, scale), shift);
    },
    wrt: ['x', 'weight', 'bias'],
  },
];

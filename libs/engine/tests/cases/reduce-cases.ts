import * as tf from '@tensorflow/tfjs-core';
import { between, bools, integers, type KernelCase } from './kernel-case.ts';

type Reduce = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const reductions: readonly (readonly [string, Reduce])[] = [
  [tf.Sum, tf.sum],
  [tf.Mean, tf.mean],
  [tf.Max, tf.max],
  [tf.Min, tf.min],
  [tf.Prod, tf.prod],
];

const x = between(-2, 2, [2, 3, 4]);

export const reduceCases: readonly KernelCase[] = [
  ...reductions.flatMap(([kernel, fn]): KernelCase[] => [
    { kernel, variant: 'last axis', inputs: { x }, fn: ({ x }) => fn(x!, -1), wrt: ['x'] },
    { kernel, variant: 'two axes kept', inputs: { x }, fn: ({ x }) => fn(x!, [0, 2], true), wrt: ['x'] },
    { kernel, variant: 'all axes', inputs: { x: between(0.5, 1.4, [2, 3]) }, fn: ({ x }) => fn(x!), wrt: ['x'] },
    { kernel, variant: 'int32', inputs: { x: integers([2, 3], [1, -2, 3, 4, 5, -6]) }, fn: ({ x }) => fn(x!, 1) },
  ]),
  { kernel: tf.Sum, variant: 'bool', inputs: { x: bools([2, 3], [1, 0, 1, 0, 0, 1]) }, fn: ({ x }) => tf.sum(x!, 1) },
  { kernel: tf.All, inputs: { x: bools([2, 2], [1, 1, 0, 1]) }, fn: ({ x }) => tf.all(x!, 1) },
  { kernel: tf.Any, inputs: { x: bools([2, 2], [0, 0, 0, 1]) }, fn: ({ x }) => tf.any(x!, 1, true) },
  { kernel: tf.ArgMax, inputs: { x }, fn: ({ x }) => tf.argMax(x!, -1) },
  { kernel: tf.ArgMax, variant: 'middle axis', inputs: { x }, fn: ({ x }) => tf.argMax(x!, 1) },
  { kernel: tf.ArgMin, inputs: { x }, fn: ({ x }) => tf.argMin(x!, -1) },
  { kernel: tf.Softmax, inputs: { x }, fn: ({ x }) => tf.softmax(x!), wrt: ['x'] },
  {
    kernel: tf.Softmax,
    variant: 'large numbers',
    inputs: { x: between(500, 520, [2, 5]) },
    fn: ({ x }) => tf.softmax(x!),
  },
  { kernel: tf.Sum, variant: 'in logSoftmax', inputs: { x }, fn: ({ x }) => tf.logSoftmax(x!), wrt: ['x'] },
  { kernel: tf.Cumsum, inputs: { x }, fn: ({ x }) => tf.cumsum(x!, 1), wrt: ['x'] },
  {
    kernel: tf.Cumsum,
    variant: 'exclusive and reverse',
    inputs: { x },
    fn: ({ x }) => tf.cumsum(x!, 2, true, true),
    wrt: ['x'],
  },
  {
    kernel: tf.TopK,
    inputs: { x },
    fn: ({ x }) => {
      const { values, indices } = tf.topk(x!, 2);
      return [values, indices];
    },
  },
];

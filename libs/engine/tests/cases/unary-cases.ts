import * as tf from '@tensorflow/tfjs-core';
import { float32 } from '@medlego/tensors';
import { between, bools, integers, type KernelCase } from './kernel-case.ts';

type Unary = (x: tf.Tensor) => tf.Tensor;

/** Elementwise functions with their domain. */
const functions: readonly (readonly [string, Unary, number, number])[] = [
  [tf.Abs, tf.abs, -2, 2],
  [tf.Acos, tf.acos, -0.9, 0.9],
  [tf.Acosh, tf.acosh, 1.5, 4],
  [tf.Asin, tf.asin, -0.9, 0.9],
  [tf.Asinh, tf.asinh, -2, 2],
  [tf.Atan, tf.atan, -2, 2],
  [tf.Atanh, tf.atanh, -0.8, 0.8],
  [tf.Ceil, tf.ceil, -2, 2],
  [tf.ClipByValue, (x) => tf.clipByValue(x, -0.5, 1), -2, 2],
  [tf.Cos, tf.cos, -3, 3],
  [tf.Cosh, tf.cosh, -2, 2],
  [tf.Elu, tf.elu, -2, 2],
  [tf.Erf, tf.erf, -2, 2],
  [tf.Exp, tf.exp, -2, 2],
  [tf.Expm1, tf.expm1, -2, 2],
  [tf.Floor, tf.floor, -2, 2],
  [tf.Identity, tf.clone, -2, 2],
  [tf.LeakyRelu, (x) => tf.leakyRelu(x, 0.1), -2, 2],
  [tf.Log, tf.log, 0.3, 3],
  [tf.Log1p, tf.log1p, -0.8, 3],
  [tf.Neg, tf.neg, -2, 2],
  [tf.OnesLike, tf.onesLike, -2, 2],
  [tf.Reciprocal, tf.reciprocal, 0.5, 3],
  [tf.Relu, tf.relu, -2, 2],
  [tf.Relu6, tf.relu6, -3, 9],
  [tf.Round, tf.round, -3, 3],
  [tf.Rsqrt, tf.rsqrt, 0.3, 3],
  [tf.Selu, tf.selu, -2, 2],
  [tf.Sigmoid, tf.sigmoid, -3, 3],
  [tf.Sign, tf.sign, -2, 2],
  [tf.Sin, tf.sin, -3, 3],
  [tf.Sinh, tf.sinh, -2, 2],
  [tf.Softplus, tf.softplus, -3, 3],
  [tf.Sqrt, tf.sqrt, 0.3, 3],
  [tf.Square, tf.square, -2, 2],
  [tf.Step, (x) => tf.step(x, 0.2), -2, 2],
  [tf.Tan, tf.tan, -1, 1],
  [tf.Tanh, tf.tanh, -2, 2],
  [tf.ZerosLike, tf.zerosLike, -2, 2],
];

const special = float32([6], [NaN, Infinity, -Infinity, 0, -0, 1.5]);
const small = float32([5], [1e-7, -1e-7, 1e-4, -1e-4, 1e-3]);

export const unaryCases: readonly KernelCase[] = [
  ...functions.map(([kernel, fn, low, high]): KernelCase => ({
    kernel,
    inputs: { x: between(low, high, [3, 4]) },
    fn: ({ x }) => fn(x!),
    wrt: ['x'],
  })),
  { kernel: tf.Expm1, variant: 'near zero', inputs: { x: small }, fn: ({ x }) => tf.expm1(x!) },
  { kernel: tf.Log1p, variant: 'near zero', inputs: { x: small }, fn: ({ x }) => tf.log1p(x!) },
  {
    kernel: tf.Round,
    variant: 'halves',
    inputs: { x: float32([4], [0.5, 1.5, -0.5, 2.5]) },
    fn: ({ x }) => tf.round(x!),
  },
  { kernel: tf.Abs, variant: 'int32', inputs: { x: integers([3], [-2, 0, 5]) }, fn: ({ x }) => tf.abs(x!) },
  { kernel: tf.Step, variant: 'NaN', inputs: { x: special }, fn: ({ x }) => tf.step(x!, 0.5) },
  { kernel: tf.IsNan, inputs: { x: special }, fn: ({ x }) => tf.isNaN(x!) },
  { kernel: tf.IsInf, inputs: { x: special }, fn: ({ x }) => tf.isInf(x!) },
  { kernel: tf.IsFinite, inputs: { x: special }, fn: ({ x }) => tf.isFinite(x!) },
  { kernel: tf.LogicalNot, inputs: { x: bools([3], [1, 0, 1]) }, fn: ({ x }) => tf.logicalNot(x!) },
  {
    kernel: tf.EluGrad,
    inputs: { dy: between(-1, 1, [4]), y: between(-0.9, 1, [4], 2) },
    fn: ({ dy, y }) => tf.engine().runKernel(tf.EluGrad, { dy: dy!, y: y! }) as tf.Tensor,
  },
  {
    kernel: tf.Prelu,
    inputs: { x: between(-2, 2, [3, 4]), alpha: between(0.1, 0.9, [4], 2) },
    fn: ({ x, alpha }) => tf.prelu(x!, alpha!),
    wrt: ['x', 'alpha'],
  },
  {
    kernel: tf.Cast,
    variant: 'float32 to int32',
    inputs: { x: between(-3, 3, [5]) },
    fn: ({ x }) => tf.cast(x!, 'int32'),
  },
  {
    kernel: tf.Cast,
    variant: 'float32 to bool',
    inputs: { x: float32([3], [0, 2, -1]) },
    fn: ({ x }) => tf.cast(x!, 'bool'),
  },
  {
    kernel: tf.Cast,
    variant: 'bool to float32',
    inputs: { x: bools([2], [1, 0]) },
    fn: ({ x }) => tf.cast(x!, 'float32'),
  },
  {
    kernel: tf.Cast,
    variant: 'gradient',
    inputs: { x: between(-3, 3, [5]) },
    fn: ({ x }) => tf.mul(tf.cast(x!, 'float32'), 2),
    wrt: ['x'],
  },
];

import * as tf from '@tensorflow/tfjs-core';
import { linear, ofInput, ofOutput, unbroadcast, type Gradient } from './gradient.ts';

const { SELU_SCALE, SELU_SCALEALPHA } = tf.backend_util;

const onePlusSquare = (x: tf.Tensor) => tf.add(tf.square(x), 1);
const oneMinusSquare = (x: tf.Tensor) => tf.sub(1, tf.square(x));
const float = (condition: tf.Tensor) => tf.cast(condition, 'float32');

/** Piecewise constant: no slope anywhere that matters. */
const flat = (kernelName: string) => linear(kernelName, (dy) => ({ x: () => tf.zerosLike(dy) }));

export const unaryGradients: readonly Gradient[] = [
  ofInput(tf.Abs, (dy, x) => tf.mul(dy, tf.sign(x))), // 0 at 0
  ofInput(tf.Acos, (dy, x) => tf.neg(tf.div(dy, tf.sqrt(oneMinusSquare(x))))),
  ofInput(tf.Acosh, (dy, x) => tf.div(dy, tf.sqrt(tf.sub(tf.square(x), 1)))),
  ofInput(tf.Asin, (dy, x) => tf.div(dy, tf.sqrt(oneMinusSquare(x)))),
  ofInput(tf.Asinh, (dy, x) => tf.div(dy, tf.sqrt(onePlusSquare(x)))),
  ofInput(tf.Atan, (dy, x) => tf.div(dy, onePlusSquare(x))),
  ofInput(tf.Atanh, (dy, x) => tf.div(dy, oneMinusSquare(x))),
  ofInput(tf.Cos, (dy, x) => tf.neg(tf.mul(dy, tf.sin(x)))),
  ofInput(tf.Cosh, (dy, x) => tf.mul(dy, tf.sinh(x))),
  ofInput(tf.Erf, (dy, x) => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)))),
  ofInput(tf.Expm1, (dy, x) => tf.mul(dy, tf.exp(x))),
  ofInput(tf.Log, (dy, x) => tf.div(dy, x)),
  ofInput(tf.Log1p, (dy, x) => tf.div(dy, tf.add(x, 1))),
  ofInput(tf.Relu, (dy, x) => tf.mul(dy, float(tf.greater(x, 0)))),
  ofInput(tf.Relu6, (dy, x) => tf.mul(dy, float(tf.logicalAnd(tf.greater(x, 0), tf.lessEqual(x, 6))))),
  ofInput(tf.LeakyRelu, (dy, x, attrs) => tf.where(tf.greater(x, 0), dy, tf.mul(dy, attrs.alpha as number))),
  ofInput(tf.Selu, (dy, x) => {
    const below = tf.mul(tf.exp(tf.minimum(x, 0)), SELU_SCALEALPHA);
    return tf.mul(dy, tf.where(tf.greater(x, 0), tf.fill(x.shape, SELU_SCALE), below));
  }),
  ofInput(tf.Sin, (dy, x) => tf.mul(dy, tf.cos(x))),
  ofInput(tf.Sinh, (dy, x) => tf.mul(dy, tf.cosh(x))),
  ofInput(tf.Softplus, (dy, x) => tf.mul(dy, tf.sigmoid(x))),
  ofInput(tf.Square, (dy, x) => tf.mul(dy, tf.mul(x, 2))),
  ofInput(tf.ClipByValue, (dy, x, { clipValueMin, clipValueMax }) => {
    const inside = tf.logicalAnd(tf.greaterEqual(x, clipValueMin as number), tf.lessEqual(x, clipValueMax as number));
    return tf.mul(dy, float(inside));
  }),

  ofOutput(tf.Elu, (dy, y) => tf.mul(dy, tf.add(tf.minimum(y, 0), 1))), // e^x = y + 1 below zero
  ofOutput(tf.Exp, (dy, y) => tf.mul(dy, y)),
  ofOutput(tf.Reciprocal, (dy, y) => tf.neg(tf.mul(dy, tf.square(y)))),
  ofOutput(tf.Rsqrt, (dy, y) => tf.mul(dy, tf.mul(tf.mul(y, tf.square(y)), -0.5))),
  ofOutput(tf.Sigmoid, (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  ofOutput(tf.Sqrt, (dy, y) => tf.div(dy, tf.mul(y, 2))),
  ofOutput(tf.Tan, (dy, y) => tf.mul(dy, onePlusSquare(y))),
  ofOutput(tf.Tanh, (dy, y) => tf.mul(dy, oneMinusSquare(y))),

  linear(tf.Neg, (dy) => ({ x: () => tf.neg(dy) })),
  linear(tf.Identity, (dy) => ({ x: () => tf.cast(dy, 'float32') })),
  linear(tf.Cast, (dy) => ({ x: () => tf.cast(dy, 'float32') })),
  flat(tf.Ceil),
  flat(tf.Floor),
  flat(tf.Round),
  flat(tf.Sign),
  flat(tf.Step),
  flat(tf.ZerosLike),
  flat(tf.OnesLike),

  {
    kernelName: tf.Prelu,
    inputsToSave: ['x', 'alpha'],
    gradFunc: (dy, [x, alpha]) => {
      const below = float(tf.less(x!, 0));
      return {
        x: () => tf.mul(dy as tf.Tensor, tf.add(tf.mul(below, tf.sub(alpha!, 1)), 1)),
        alpha: () => unbroadcast(tf.mul(dy as tf.Tensor, tf.mul(below, x!)), alpha!.shape),
      };
    },
  },
  {
    kernelName: tf.Softmax,
    outputsToSave: [true],
    gradFunc: (dy, [y], { dim }) => ({
      logits: () => {
        const weighted = tf.mul(dy as tf.Tensor, y!);
        return tf.sub(weighted, tf.mul(tf.sum(weighted, [dim as number], true), y!));
      },
    }),
  },
];

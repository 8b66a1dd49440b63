import * as tf from '@tensorflow/tfjs-core';
import { unbroadcast, type Gradient } from './gradient.ts';

type Slope = (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, y: tf.Tensor) => tf.Tensor;

/** Broadcasting, with inputs `a` and `b`. */
function ofPair(kernelName: string, slopeA: Slope, slopeB: Slope): Gradient {
  return {
    kernelName,
    inputsToSave: ['a', 'b'],
    outputsToSave: [true],
    gradFunc: (dy, [a, b, y]) => ({
      a: () => unbroadcast(slopeA(dy as tf.Tensor, a!, b!, y!), a!.shape),
      b: () => unbroadcast(slopeB(dy as tf.Tensor, a!, b!, y!), b!.shape),
    }),
  };
}

const float = (x: tf.Tensor) => tf.cast(x, 'float32');
const none: Slope = (dy) => tf.zerosLike(dy);

export const binaryGradients: readonly Gradient[] = [
  ofPair(
    tf.Add,
    (dy) => dy,
    (dy) => dy,
  ),
  ofPair(
    tf.Sub,
    (dy) => dy,
    (dy) => tf.neg(dy),
  ),
  ofPair(
    tf.Multiply,
    (dy, _, b) => tf.mul(dy, float(b)),
    (dy, a) => tf.mul(dy, float(a)),
  ),
  ofPair(
    tf.RealDiv,
    (dy, _, b) => tf.div(dy, float(b)),
    (dy, _, b, y) => tf.neg(tf.div(tf.mul(dy, y), float(b))),
  ),
  ofPair(
    tf.SquaredDifference,
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(a, b), 2)),
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(b, a), 2)),
  ),
  ofPair(
    tf.Pow,
    (dy, a, b) => tf.mul(dy, tf.mul(float(b), tf.pow(a, tf.sub(b, tf.scalar(1, b.dtype))))),
    // d/db a^b = a^b log a, and 0 where a is not positive: the logarithm does not exist there.
    (dy, a, _, y) => {
      const positive = tf.greater(a, 0);
      return tf.mul(dy, tf.mul(y, tf.where(positive, tf.log(tf.where(positive, a, tf.onesLike(a))), tf.zerosLike(a))));
    },
  ),
  ofPair(
    tf.Maximum,
    (dy, a, b) => tf.mul(dy, float(tf.greaterEqual(a, b))),
    (dy, a, b) => tf.mul(dy, float(tf.less(a, b))),
  ),
  ofPair(
    tf.Minimum,
    (dy, a, b) => tf.mul(dy, float(tf.lessEqual(a, b))),
    (dy, a, b) => tf.mul(dy, float(tf.greater(a, b))),
  ),
  ofPair(
    tf.Mod,
    (dy) => dy,
    (dy, a, b) => tf.mul(dy, tf.neg(tf.floor(tf.div(a, b)))),
  ),
  ofPair(tf.FloorDiv, none, none),
  ofPair(tf.Greater, none, none),
  ofPair(tf.GreaterEqual, none, none),
  ofPair(tf.Less, none, none),
  ofPair(tf.LessEqual, none, none),
  ofPair(tf.Equal, none, none),
  ofPair(tf.NotEqual, none, none),

  {
    kernelName: tf.AddN,
    saveAllInputs: true,
    gradFunc: (dy, saved) => Object.fromEntries(saved.map((_, i) => [String(i), () => tf.clone(dy as tf.Tensor)])),
  },
  {
    kernelName: tf.Select,
    inputsToSave: ['condition'],
    gradFunc: (dy, [condition]) => ({
      condition: () => tf.zerosLike(float(condition!)),
      t: () => tf.where(condition!, dy as tf.Tensor, tf.zerosLike(dy as tf.Tensor)),
      e: () => tf.where(condition!, tf.zerosLike(dy as tf.Tensor), dy as tf.Tensor),
    }),
  },
];

import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '@medlego/tensors';
import type { Gradient } from './gradient.ts';

interface Reduced {
  readonly axes: number[];
  /** The shape of the result with the reduced axes kept as 1. */
  readonly kept: number[];
}

function reducedOf(shape: number[], axis: unknown): Reduced {
  const axes = tf.util.parseAxisParam(axis as number | number[], shape);
  return { axes, kept: shape.map((dim, i) => (axes.includes(i) ? 1 : dim)) };
}

const spread = (dy: tf.Tensor, { kept }: Reduced, shape: number[]) => tf.broadcastTo(tf.reshape(dy, kept), shape);

/** Max and Min: every element that equals the extremum gets the whole gradient, as in tfjs. */
function extremum(kernelName: string): Gradient {
  return {
    kernelName,
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, [x, y], attrs) => ({
      x: () => {
        const { kept } = reducedOf(x!.shape, attrs.axis ?? attrs.reductionIndices);
        const hit = tf.cast(tf.equal(tf.reshape(y!, kept), x!), 'float32');
        return tf.mul(tf.reshape(dy as tf.Tensor, kept), hit);
      },
    }),
  };
}

export const reduceGradients: readonly Gradient[] = [
  {
    kernelName: tf.Sum,
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { axis }) => ({ x: () => spread(dy as tf.Tensor, reducedOf(x!.shape, axis), x!.shape) }),
  },
  {
    kernelName: tf.Mean,
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { axis }) => ({
      x: () => {
        const reduced = reducedOf(x!.shape, axis);
        const share = sizeOf(reduced.kept) / sizeOf(x!.shape);
        return spread(tf.mul(dy as tf.Tensor, share), reduced, x!.shape);
      },
    }),
  },
  extremum(tf.Max),
  extremum(tf.Min),
  {
    // Away from zeros: d/dx_i Π x = Π x / x_i.
    kernelName: tf.Prod,
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, [x, y], { axis }) => ({
      x: () => {
        const { kept } = reducedOf(x!.shape, axis);
        return tf.div(tf.reshape(tf.mul(dy as tf.Tensor, y!), kept), x!);
      },
    }),
  },
  {
    kernelName: tf.Cumsum,
    gradFunc: (dy, _saved, { axis, exclusive, reverse }) => ({
      x: () => tf.cumsum(dy as tf.Tensor, axis as number, exclusive as boolean, !reverse),
    }),
  },
  ...[tf.ArgMax, tf.ArgMin].map((kernelName) => ({
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (_dy: tf.Tensor | tf.Tensor[], [x]: tf.Tensor[]) => ({ x: () => tf.zerosLike(x!) }),
  })),
];

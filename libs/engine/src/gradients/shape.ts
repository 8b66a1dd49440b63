import * as tf from '@tensorflow/tfjs-core';
import { linear, type Gradient } from './gradient.ts';

const reshaped = (kernelName: string, input: string): Gradient => ({
  kernelName,
  inputsToSave: [input],
  gradFunc: (dy, [x]) => ({ [input]: () => tf.reshape(dy as tf.Tensor, x!.shape) }),
});

export const shapeGradients: readonly Gradient[] = [
  reshaped(tf.Reshape, 'x'),
  reshaped(tf.ExpandDims, 'input'),
  linear(tf.Transpose, (dy, { perm }) => {
    const inverse: number[] = [];
    (perm as number[]).forEach((axis, i) => (inverse[axis] = i));
    return { x: () => tf.transpose(dy, inverse) };
  }),
  linear(tf.Reverse, (dy, { dims }) => ({ x: () => tf.reverse(dy, dims as number[]) })),
  {
    kernelName: tf.Slice,
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { begin, size }) => ({
      x: () => {
        const [starts, sizes] = tf.slice_util.parseSliceParams(x!, begin as number[], size as number[]);
        const paddings = starts.map((start, axis): [number, number] => [start, x!.shape[axis]! - start - sizes[axis]!]);
        return tf.pad(dy as tf.Tensor, paddings);
      },
    }),
  },
  {
    kernelName: tf.PadV2,
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { paddings }) => ({
      x: () =>
        tf.slice(
          dy as tf.Tensor,
          (paddings as [number, number][]).map(([before]) => before),
          x!.shape,
        ),
    }),
  },
  {
    kernelName: tf.Tile,
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { reps }) => ({
      x: () => {
        // [d0, d1] tiled by [r0, r1] is [r0, d0, r1, d1] in memory: sum over the copies.
        const copies = x!.shape.flatMap((dim, axis) => [(reps as number[])[axis]!, dim]);
        const axes = x!.shape.map((_, axis) => 2 * axis);
        return tf.sum(tf.reshape(dy as tf.Tensor, copies), axes);
      },
    }),
  },
  {
    kernelName: tf.Concat,
    saveAllInputs: true,
    gradFunc: (dy, saved, { axis }) => {
      const [at = 0] = tf.util.parseAxisParam(axis as number, saved[0]!.shape);
      let start = 0;
      return Object.fromEntries(
        saved.map((part, i) => {
          const begin = part.shape.map((_, dim) => (dim === at ? start : 0));
          start += part.shape[at]!;
          return [String(i), () => tf.slice(dy as tf.Tensor, begin, part.shape)];
        }),
      );
    },
  },
  {
    kernelName: tf.Pack,
    saveAllInputs: true,
    gradFunc: (dy, saved, { axis }) =>
      Object.fromEntries(
        saved.map((part, i) => [
          String(i),
          () => {
            const at = (axis as number) < 0 ? (axis as number) + part.rank + 1 : (axis as number);
            const begin = Array.from({ length: part.rank + 1 }, (_, dim) => (dim === at ? i : 0));
            return tf.reshape(tf.slice(dy as tf.Tensor, begin, part.shape.toSpliced(at, 0, 1)), part.shape);
          },
        ]),
      ),
  },
  {
    kernelName: tf.Unpack,
    gradFunc: (dy, _saved, { axis }) => ({ value: () => tf.stack(dy as tf.Tensor[], axis as number) }),
  },
  {
    kernelName: tf.SplitV,
    gradFunc: (dy, _saved, { axis }) => ({ x: () => tf.concat(dy as tf.Tensor[], axis as number) }),
  },
];

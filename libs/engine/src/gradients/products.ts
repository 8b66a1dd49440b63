import * as tf from '@tensorflow/tfjs-core';
import { unbroadcast, type Gradient } from './gradient.ts';

export const productGradients: readonly Gradient[] = [
  {
    // y = op(a) op(b), with op the identity or a transpose of the last two axes.
    kernelName: tf.BatchMatMul,
    inputsToSave: ['a', 'b'],
    gradFunc: (upstream, [a, b], { transposeA, transposeB }) => {
      const dy = upstream as tf.Tensor;
      const ta = transposeA as boolean;
      const tb = transposeB as boolean;
      return {
        a: () => unbroadcast(ta ? tf.matMul(b!, dy, tb, true) : tf.matMul(dy, b!, false, !tb), a!.shape),
        b: () => unbroadcast(tb ? tf.matMul(dy, a!, true, ta) : tf.matMul(a!, dy, !ta, false), b!.shape),
      };
    },
  },
  {
    kernelName: tf.GatherV2,
    inputsToSave: ['x', 'indices'],
    gradFunc: (dy, [x, indices], { axis }) => ({
      x: () => {
        const [at = 0] = tf.util.parseAxisParam(axis as number, x!.shape);
        // Bring the gathered axes to the front, add up equal rows, and put the axis back.
        const outer = x!.shape.slice(0, at);
        const inner = x!.shape.slice(at + 1);
        const ids = tf.reshape(indices!, [-1]);
        const rows = tf.reshape(dy as tf.Tensor, [...outer, ids.size, ...inner]);
        const front = [at, ...rows.shape.keys()].filter((dim, i) => i === 0 || dim !== at);
        const summed = tf.unsortedSegmentSum(tf.transpose(rows, front), ids as tf.Tensor1D, x!.shape[at]!);
        return tf.transpose(
          summed,
          front.map((_, dim) => front.indexOf(dim)),
        );
      },
      indices: () => tf.zerosLike(tf.cast(indices!, 'float32')),
    }),
  },
  {
    kernelName: tf.GatherNd,
    inputsToSave: ['params', 'indices'],
    gradFunc: (dy, [params, indices]) => ({
      params: () => tf.scatterND(indices!, dy as tf.Tensor, params!.shape),
      indices: () => tf.zerosLike(tf.cast(indices!, 'float32')),
    }),
  },
  {
    kernelName: tf.OneHot,
    inputsToSave: ['indices'],
    gradFunc: (_dy, [indices]) => ({ indices: () => tf.zerosLike(tf.cast(indices!, 'float32')) }),
  },
  {
    kernelName: tf.Conv2D,
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, [x, filter], attrs) => {
      const shared = {
        strides: attrs.strides,
        pad: attrs.pad,
        dataFormat: attrs.dataFormat,
        dimRoundingMode: attrs.dimRoundingMode,
      };
      if ((attrs.dilations as number[] | undefined)?.some((dilation) => dilation > 1))
        throw new Error('The gradient of a dilated convolution is not available.');
      return {
        x: () =>
          runKernel(
            tf.Conv2DBackpropInput,
            { dy: dy as tf.Tensor, filter: filter! },
            { ...shared, inputShape: x!.shape },
          ),
        filter: () =>
          runKernel(tf.Conv2DBackpropFilter, { x: x!, dy: dy as tf.Tensor }, { ...shared, filterShape: filter!.shape }),
      };
    },
  },
];

const runKernel = (name: string, inputs: tf.NamedTensorMap, attrs: Record<string, unknown>): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attrs as unknown as tf.NamedAttrMap);

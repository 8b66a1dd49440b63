import * as tf from '@tensorflow/tfjs-core';
import { int, type Attributes } from '../ir/types.ts';
import type { GraphBuilder, Sym } from '../trace/builder.ts';
import { kernel, type TraceKernel } from '../trace/kernel.ts';

interface X {
  x: tf.TensorInfo;
}

interface ReduceAttrs {
  readonly axis?: number | number[];
  /** Max's name for the axis. */
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

const axesOf = (x: Sym, axis: number | number[] | undefined) => tf.util.parseAxisParam(axis ?? null!, [...x.shape]);

const reduction = (name: string, op: string, prepare: (b: GraphBuilder, x: Sym) => Sym = (_, x) => x) =>
  kernel<X, ReduceAttrs>(name, (b, { x }, { axis, reductionIndices, keepDims }) =>
    b.reduce(op, prepare(b, x), axesOf(x, axis ?? reductionIndices), keepDims ?? false),
  );

const numeric = (b: GraphBuilder, x: Sym) => (x.dtype === 'bool' ? b.cast(x, 'int32') : x);
const truth = (b: GraphBuilder, x: Sym) => b.cast(b.cast(x, 'bool'), 'int32');

function logical(name: string, op: string): TraceKernel {
  return kernel<X, ReduceAttrs>(name, (b, { x }, { axis, keepDims }) =>
    b.cast(b.reduce(op, truth(b, x), axesOf(x, axis), keepDims ?? false), 'bool'),
  );
}

function argument(name: string, op: string): TraceKernel {
  return kernel<X, { axis: number }>(name, (b, { x }, { axis }) => {
    const [only = 0] = axesOf(x, axis);
    const shape = x.shape.filter((_, i) => i !== only);
    const attributes: Attributes = { axis: int(only), keepdims: int(0) };
    const index = b.graph.emit(op, [numeric(b, x).value], { dtype: 'int64', shape }, attributes);
    return b.op('Cast', [index], shape, 'int32', { to: int(6) });
  });
}

export const reduceKernels: readonly TraceKernel[] = [
  reduction(tf.Sum, 'ReduceSum', numeric),
  reduction(tf.Mean, 'ReduceMean', (b, x) => b.cast(x, 'float32')),
  reduction(tf.Max, 'ReduceMax', numeric),
  reduction(tf.Min, 'ReduceMin', numeric),
  reduction(tf.Prod, 'ReduceProd', numeric),
  logical(tf.All, 'ReduceMin'),
  logical(tf.Any, 'ReduceMax'),
  argument(tf.ArgMax, 'ArgMax'),
  argument(tf.ArgMin, 'ArgMin'),
  kernel<{ logits: tf.TensorInfo }, tf.SoftmaxAttrs>(tf.Softmax, (b, { logits }, { dim }) => {
    const [axis = 0] = axesOf(logits, dim);
    return b.op('Softmax', [b.cast(logits, 'float32')], logits.shape, 'float32', { axis: int(axis) });
  }),

  kernel<X, tf.CumsumAttrs>(tf.Cumsum, (b, { x }, { axis, exclusive, reverse }) => {
    const [only = 0] = axesOf(x, axis);
    return b.op('CumSum', [x, b.graph.constant('int64', [], [only])], x.shape, x.dtype, {
      exclusive: int(exclusive ? 1 : 0),
      reverse: int(reverse ? 1 : 0),
    });
  }),
  kernel<X, tf.TopKAttrs>(tf.TopK, (b, { x }, { k, sorted }) => {
    const shape = [...x.shape.slice(0, -1), k];
    const infos = [
      { dtype: x.dtype, shape },
      { dtype: 'int64', shape },
    ] as const;
    const node = b.graph.addNode('TopK', [x.value, b.int64s([k])], infos, {
      axis: int(-1),
      largest: int(1),
      sorted: int(sorted ? 1 : 0),
    });
    const indices = b.op('Cast', [node.outputs[1]!], shape, 'int32', { to: int(6) });
    return [{ value: node.outputs[0]!, dtype: x.dtype, shape }, indices];
  }),
];

import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '@medlego/tensors';
import { int, text } from '../ir/types.ts';
import type { GraphBuilder, Sym } from '../trace/builder.ts';
import { kernel, Untranslatable, type TraceKernel } from '../trace/kernel.ts';

/**
 * Adds rows of `updates` [n, ...rest] to `rows` rows of zeros, at the rows that `ids` [n] names.
 * ScatterElements walks its indices in order, so that rows named twice are added in a fixed order; ScatterND does not.
 */
function scatterAdd(b: GraphBuilder, updates: Sym, ids: Sym, rows: number): Sym {
  const shape = [rows, ...updates.shape.slice(1)];
  const column = b.reshape(b.cast(ids, 'int32'), [updates.shape[0]!, ...updates.shape.slice(1).map(() => 1)]);
  const indices = b.expand(column, updates.shape);
  return b.op('ScatterElements', [b.fill(shape, 0, updates.dtype), indices, updates], shape, updates.dtype, {
    axis: int(0),
    reduction: text('add'),
  });
}

/** Row numbers [n] of index tuples [..., depth] into the first `depth` axes of `shape`. */
function flatIndices(b: GraphBuilder, indices: Sym, shape: readonly number[]): Sym {
  const depth = indices.shape.at(-1)!;
  const strides = Array.from({ length: depth }, (_, axis) => sizeOf(shape.slice(axis + 1, depth)));
  const weights: Sym = { value: b.graph.constant('int32', [depth], strides), dtype: 'int32', shape: [depth] };
  const weighted = b.binary(
    'Mul',
    b.reshape(b.cast(indices, 'int32'), [sizeOf(indices.shape) / depth, depth]),
    weights,
  );
  return b.reduce('ReduceSum', weighted, [1], false);
}

export const gatherKernels: readonly TraceKernel[] = [
  kernel<tf.GatherV2Inputs, tf.GatherV2Attrs>(tf.GatherV2, (b, { x, indices }, { axis, batchDims }) => {
    if (batchDims) throw new Untranslatable(`batchDims ${batchDims}`);
    const [at = 0] = tf.util.parseAxisParam(axis, [...x.shape]);
    const shape = [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)];
    return b.op('Gather', [x, b.cast(indices, 'int32')], shape, x.dtype, { axis: int(at) });
  }),
  kernel<tf.UnsortedSegmentSumInputs, tf.UnsortedSegmentSumAttrs>(
    tf.UnsortedSegmentSum,
    (b, { x, segmentIds }, { numSegments }) => {
      const count = sizeOf(segmentIds.shape);
      const rest = x.shape.slice(segmentIds.shape.length);
      return scatterAdd(b, b.reshape(x, [count, ...rest]), b.reshape(segmentIds, [count]), numSegments);
    },
  ),
  kernel<tf.GatherNdInputs>(tf.GatherNd, (b, { params, indices }) => {
    const depth = indices.shape.at(-1)!;
    const rest = params.shape.slice(depth);
    const rows = b.reshape(params, [sizeOf(params.shape.slice(0, depth)), ...rest]);
    const ids = flatIndices(b, indices, params.shape);
    const gathered = b.op('Gather', [rows, ids], [ids.shape[0]!, ...rest], params.dtype, { axis: int(0) });
    return b.reshape(gathered, [...indices.shape.slice(0, -1), ...rest]);
  }),
  kernel<tf.ScatterNdInputs, tf.ScatterNdAttrs>(tf.ScatterNd, (b, { indices, updates }, { shape }) => {
    const depth = indices.shape.at(-1)!;
    const rest = shape.slice(depth);
    const ids = flatIndices(b, indices, shape);
    const sum = scatterAdd(b, b.reshape(updates, [ids.shape[0]!, ...rest]), ids, sizeOf(shape.slice(0, depth)));
    return b.reshape(sum, shape);
  }),
];

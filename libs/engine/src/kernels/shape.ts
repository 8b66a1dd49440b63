import * as tf from '@tensorflow/tfjs-core';
import { int, text } from '../ir/types.ts';
import { isSymDType, sameShape, type GraphBuilder, type Sym } from '../trace/builder.ts';
import { kernel, Untranslatable, type TraceKernel } from '../trace/kernel.ts';
import { sizeOf } from '@medlego/tensors';

interface X {
  x: tf.TensorInfo;
}

const axisOf = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

const insertAxis = (shape: readonly number[], axis: number) => [...shape.slice(0, axis), 1, ...shape.slice(axis)];

function concat(b: GraphBuilder, parts: readonly Sym[], axis: number): Sym {
  const full = parts.filter((part) => sizeOf(part.shape) > 0);
  const [first = parts[0]!] = full;
  if (full.length <= 1) return first;
  const shape = first.shape.with(
    axis,
    full.reduce((sum, part) => sum + part.shape[axis]!, 0),
  );
  return b.op('Concat', full, shape, first.dtype, { axis: int(axis) });
}

function split(b: GraphBuilder, x: Sym, sizes: readonly number[], axis: number): Sym[] {
  if (sizes.length === 1) return [x];
  const shapes = sizes.map((size) => x.shape.with(axis, size));
  const node = b.graph.addNode(
    'Split',
    [x.value, b.int64s(sizes)],
    shapes.map((shape) => ({ dtype: x.dtype, shape })),
    { axis: int(axis) },
  );
  return node.outputs.map((value, i) => ({ value, dtype: x.dtype, shape: shapes[i]! }));
}

export const shapeKernels: readonly TraceKernel[] = [
  kernel<X, tf.ReshapeAttrs>(tf.Reshape, (b, { x }, { shape }) =>
    b.reshape(x, tf.util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  ),
  kernel<tf.ExpandDimsInputs, tf.ExpandDimsAttrs>(tf.ExpandDims, (b, { input }, { dim }) =>
    b.reshape(input, insertAxis(input.shape, axisOf(dim, input.shape.length + 1))),
  ),
  kernel<X, tf.TransposeAttrs>(tf.Transpose, (b, { x }, { perm }) => b.transpose(x, perm)),
  kernel<X, tf.CastAttrs>(tf.Cast, (b, { x }, { dtype }) => {
    if (!isSymDType(dtype)) throw new Untranslatable(`to ${dtype}`);
    return b.cast(x, dtype);
  }),

  kernel<X, tf.SliceAttrs>(tf.Slice, (b, { x }, { begin, size }) => {
    const [starts, sizes] = tf.slice_util.parseSliceParams({ ...x, rank: x.shape.length } as never, begin, size);
    return b.slice(x, starts, sizes);
  }),
  kernel<X, tf.StridedSliceAttrs>(tf.StridedSlice, (b, { x }, attrs) => {
    const info = tf.slice_util.sliceInfo(
      [...x.shape],
      attrs.begin,
      attrs.end,
      attrs.strides,
      attrs.beginMask,
      attrs.endMask,
      attrs.ellipsisMask,
      attrs.newAxisMask,
      attrs.shrinkAxisMask,
    );
    // Not `finalShapeSparse`, which lacks the axes that are shrunk away.
    const sizes = info.begin.map((begin, axis) =>
      Math.max(0, Math.ceil((info.end[axis]! - begin) / info.strides[axis]!)),
    );
    if (sizeOf(sizes) === 0) return b.fill(info.finalShape, 0, x.dtype);
    // Going down, tfjs ends before index 0 with -1, which ONNX would count from the end.
    const ends = info.end.map((end, axis) => (info.strides[axis]! < 0 && end < 0 ? -(2 ** 31) : end));
    const axes = info.begin.map((_, axis) => axis);
    const inputs = [x, b.int64s(info.begin), b.int64s(ends), b.int64s(axes), b.int64s(info.strides)];
    return b.reshape(b.op('Slice', inputs, sizes, x.dtype), info.finalShape);
  }),
  kernel<X, tf.ReverseAttrs>(tf.Reverse, (b, { x }, { dims }) => {
    const axes = tf.util.parseAxisParam(dims, [...x.shape]);
    if (axes.length === 0) return x;
    const all = (value: number) => b.int64s(axes.map(() => value));
    return b.op('Slice', [x, all(-1), all(-(2 ** 31)), b.int64s(axes), all(-1)], x.shape, x.dtype);
  }),

  kernel<X, tf.PadV2Attrs>(tf.PadV2, (b, { x }, { paddings, constantValue }) => {
    if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
    const pads = b.int64s([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
    const shape = x.shape.map((dim, axis) => dim + paddings[axis]![0] + paddings[axis]![1]);
    // ONNX Runtime pads numbers; a bool travels as int32.
    const wide = x.dtype === 'bool' ? b.cast(x, 'int32') : x;
    const padded = b.op('Pad', [wide, pads, b.scalar(constantValue, wide.dtype)], shape, wide.dtype, {
      mode: text('constant'),
    });
    return b.cast(padded, x.dtype);
  }),
  kernel<X, tf.TileAttrs>(tf.Tile, (b, { x }, { reps }) => {
    const shape = x.shape.map((dim, axis) => dim * reps[axis]!);
    if (sameShape(shape, x.shape)) return x;
    if (x.shape.every((dim, axis) => dim === 1 || reps[axis] === 1)) return b.expand(x, shape);
    return b.op('Tile', [x, b.int64s(reps)], shape, x.dtype);
  }),

  kernel<Record<string, tf.TensorInfo>, tf.ConcatAttrs>(tf.Concat, (b, inputs, { axis }) => {
    const parts = Object.values(inputs);
    return concat(b, parts, axisOf(axis, parts[0]!.shape.length));
  }),
  kernel<Record<string, tf.TensorInfo>, tf.PackAttrs>(tf.Pack, (b, inputs, { axis }) => {
    const parts = Object.values(inputs);
    const at = axisOf(axis, parts[0]!.shape.length + 1);
    return concat(
      b,
      parts.map((part) => b.reshape(part, insertAxis(part.shape, at))),
      at,
    );
  }),
  kernel<{ value: tf.TensorInfo }, tf.UnpackAttrs>(tf.Unpack, (b, { value }, { axis }) => {
    const at = axisOf(axis, value.shape.length);
    const shape = value.shape.toSpliced(at, 1);
    return split(b, value, Array<number>(value.shape[at]!).fill(1), at).map((part) => b.reshape(part, shape));
  }),
  kernel<X, tf.SplitVAttrs>(tf.SplitV, (b, { x }, { numOrSizeSplits, axis }) => {
    const at = axisOf(axis, x.shape.length);
    const sizes = tf.backend_util.prepareSplitSize({ shape: [...x.shape] } as tf.Tensor, numOrSizeSplits, at);
    return split(b, x, sizes, at);
  }),
];

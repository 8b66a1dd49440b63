import * as tf from '@tensorflow/tfjs-core';
import { isSymDType, type SymDType } from '../trace/builder.ts';
import { kernel, Untranslatable, type TraceKernel } from '../trace/kernel.ts';
import { literal } from '../trace/literal.ts';

function supported(dtype: tf.DataType | undefined): SymDType {
  const given = dtype ?? 'float32';
  if (!isSymDType(given)) throw new Untranslatable(`dtype ${given}`);
  return given;
}

export const createKernels: readonly TraceKernel[] = [
  kernel<unknown, tf.FillAttrs>(tf.Fill, (b, _, { shape, value, dtype }) => {
    if (typeof value === 'string') throw new Untranslatable('dtype string');
    return b.fill(shape, value, supported(dtype));
  }),
  kernel<unknown, tf.RangeAttrs>(tf.Range, (b, _, { start, stop, step, dtype }) => {
    const values: number[] = [];
    for (let i = 0; step > 0 ? start + i * step < stop : start + i * step > stop; i++) values.push(start + i * step);
    return literal(b, values, [values.length], supported(dtype));
  }),
  kernel<unknown, tf.LinSpaceAttrs>(tf.LinSpace, (b, _, { start, stop, num }) => {
    const step = num > 1 ? (stop - start) / (num - 1) : 0;
    return literal(
      b,
      Array.from({ length: num }, (_value, i) => start + i * step),
      [num],
      'float32',
    );
  }),
  // A comparison instead of ONNX OneHot, which counts negative indices from the end; in tfjs they are nowhere.
  kernel<tf.OneHotInputs, tf.OneHotAttrs>(tf.OneHot, (b, { indices }, { depth, onValue, offValue, dtype }) => {
    const classes = literal(
      b,
      Array.from({ length: depth }, (_, i) => i),
      [depth],
      'int32',
    );
    const hit = b.binary('Equal', b.reshape(b.cast(indices, 'int32'), [...indices.shape, 1]), classes, 'bool');
    const wanted = supported(dtype);
    const wide = wanted === 'bool' ? 'int32' : wanted;
    return b.cast(b.where(hit, b.scalar(onValue, wide), b.scalar(offValue, wide)), wanted);
  }),
];

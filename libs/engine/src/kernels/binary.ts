import * as tf from '@tensorflow/tfjs-core';
import { int } from '../ir/types.ts';
import { widest, type GraphBuilder, type Sym } from '../trace/builder.ts';
import { kernel, type TraceKernel } from '../trace/kernel.ts';

interface AB {
  a: tf.TensorInfo;
  b: tf.TensorInfo;
}

/** Arithmetic on two bools happens in int32, and the result is a bool again, as in tfjs. */
function arithmetic(g: GraphBuilder, op: string, a: Sym, b: Sym): Sym {
  if (widest(a.dtype, b.dtype) !== 'bool') return g.binary(op, a, b);
  return g.cast(g.binary(op, g.cast(a, 'int32'), g.cast(b, 'int32')), 'bool');
}

const arithmeticOps: Readonly<Record<string, string>> = {
  [tf.Add]: 'Add',
  [tf.Sub]: 'Sub',
  [tf.Multiply]: 'Mul',
  [tf.RealDiv]: 'Div',
  [tf.Maximum]: 'Max',
  [tf.Minimum]: 'Min',
  [tf.Pow]: 'Pow',
};

const orderings: Readonly<Record<string, string>> = {
  [tf.Greater]: 'Greater',
  [tf.GreaterEqual]: 'GreaterOrEqual',
  [tf.Less]: 'Less',
  [tf.LessEqual]: 'LessOrEqual',
};

const ordered = (g: GraphBuilder, x: Sym) => (x.dtype === 'bool' ? g.cast(x, 'int32') : x);

/** C's fmod for floats, floored modulo for integers: ONNX offers only these two. */
function rawMod(g: GraphBuilder, a: Sym, b: Sym): Sym {
  const shape = tf.backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  return g.op('Mod', [a, b], shape, a.dtype, { fmod: int(a.dtype === 'float32' ? 1 : 0) });
}

export const binaryKernels: readonly TraceKernel[] = [
  ...Object.entries(arithmeticOps).map(([name, op]) => kernel<AB>(name, (g, { a, b }) => arithmetic(g, op, a, b))),
  ...Object.entries(orderings).map(([name, op]) =>
    kernel<AB>(name, (g, { a, b }) => g.binary(op, ordered(g, a), ordered(g, b), 'bool')),
  ),
  kernel<AB>(tf.Equal, (g, { a, b }) => g.binary('Equal', a, b, 'bool')),
  kernel<AB>(tf.NotEqual, (g, { a, b }) => g.unary('Not', g.binary('Equal', a, b, 'bool'))),
  kernel<AB>(tf.LogicalAnd, (g, { a, b }) => g.binary('And', g.cast(a, 'bool'), g.cast(b, 'bool'))),
  kernel<AB>(tf.LogicalOr, (g, { a, b }) => g.binary('Or', g.cast(a, 'bool'), g.cast(b, 'bool'))),

  kernel<AB>(tf.SquaredDifference, (g, { a, b }) => {
    const difference = g.binary('Sub', a, b);
    return g.binary('Mul', difference, difference);
  }),
  kernel<AB>(tf.FloorDiv, (g, { a, b }) => {
    if (widest(a.dtype, b.dtype) === 'float32') return g.cast(g.unary('Floor', g.binary('Div', a, b)), 'int32');
    // Integer Div truncates; a minus its floored remainder divides without rest.
    const remainder = rawMod(g, g.cast(a, 'int32'), g.cast(b, 'int32'));
    return g.binary('Div', g.binary('Sub', g.cast(a, 'int32'), remainder), g.cast(b, 'int32'));
  }),
  kernel<AB>(tf.Mod, (g, { a, b }) => {
    const remainder = rawMod(g, a, b);
    if (remainder.dtype !== 'float32') return remainder;
    const zero = g.scalar(0);
    const sameSign = g.binary('Equal', g.binary('Less', a, zero, 'bool'), g.binary('Less', b, zero, 'bool'), 'bool');
    return g.where(sameSign, remainder, rawMod(g, g.binary('Add', remainder, b), b));
  }),

  kernel<Record<string, tf.TensorInfo>>(tf.AddN, (g, inputs) => {
    const terms = Object.values(inputs);
    return terms.slice(1).reduce((sum, term) => g.binary('Add', sum, term), terms[0]!);
  }),
  kernel<tf.SelectInputs>(tf.Select, (g, { condition, t, e }) => {
    // A condition of rank 1 picks whole rows.
    const rows = condition.shape.length === 1 && t.shape.length > 1;
    return g.where(
      rows ? g.reshape(condition, [condition.shape[0]!, ...t.shape.slice(1).map(() => 1)]) : condition,
      t,
      e,
    );
  }),
];

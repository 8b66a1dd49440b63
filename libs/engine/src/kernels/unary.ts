import * as tf from '@tensorflow/tfjs-core';
import { float } from '../ir/types.ts';
import type { GraphBuilder, Sym } from '../trace/builder.ts';
import { kernel, type TraceKernel } from '../trace/kernel.ts';

/** tfjs kernel → the ONNX operator that computes the same. */
const direct: Readonly<Record<string, string>> = {
  [tf.Abs]: 'Abs',
  [tf.Acos]: 'Acos',
  [tf.Acosh]: 'Acosh',
  [tf.Asin]: 'Asin',
  [tf.Asinh]: 'Asinh',
  [tf.Atan]: 'Atan',
  [tf.Atanh]: 'Atanh',
  [tf.Ceil]: 'Ceil',
  [tf.Cos]: 'Cos',
  [tf.Cosh]: 'Cosh',
  [tf.Elu]: 'Elu',
  [tf.Erf]: 'Erf',
  [tf.Exp]: 'Exp',
  [tf.Floor]: 'Floor',
  [tf.Log]: 'Log',
  [tf.Neg]: 'Neg',
  [tf.Reciprocal]: 'Reciprocal',
  [tf.Relu]: 'Relu',
  [tf.Round]: 'Round', // both round half to even
  [tf.Sigmoid]: 'Sigmoid',
  [tf.Sign]: 'Sign',
  [tf.Sin]: 'Sin',
  [tf.Sinh]: 'Sinh',
  [tf.Softplus]: 'Softplus',
  [tf.Sqrt]: 'Sqrt',
  [tf.Tan]: 'Tan',
  [tf.Tanh]: 'Tanh',
};

interface X {
  x: tf.TensorInfo;
}

/** max(min(x, max), min) */
function clip(b: GraphBuilder, x: Sym, min: number, max: number): Sym {
  return b.op('Clip', [x, b.scalar(min, x.dtype), b.scalar(max, x.dtype)], x.shape, x.dtype);
}

export const unaryKernels: readonly TraceKernel[] = [
  ...Object.entries(direct).map(([name, op]) => kernel<X>(name, (b, { x }) => b.unary(op, x))),

  kernel<X>(tf.Square, (b, { x }) => b.binary('Mul', x, x)),
  kernel<X>(tf.Rsqrt, (b, { x }) => b.unary('Reciprocal', b.unary('Sqrt', x))),
  kernel<X>(tf.Relu6, (b, { x }) => clip(b, x, 0, 6)),
  kernel<X, tf.ClipByValueAttrs>(tf.ClipByValue, (b, { x }, { clipValueMin, clipValueMax }) =>
    clip(b, x, clipValueMin, clipValueMax),
  ),
  kernel<X, tf.LeakyReluAttrs>(tf.LeakyRelu, (b, { x }, { alpha }) =>
    b.op('LeakyRelu', [b.cast(x, 'float32')], x.shape, 'float32', { alpha: float(alpha) }),
  ),
  kernel<X>(tf.Selu, (b, { x }) =>
    b.op('Selu', [x], x.shape, 'float32', {
      alpha: float(tf.backend_util.SELU_SCALEALPHA / tf.backend_util.SELU_SCALE),
      gamma: float(tf.backend_util.SELU_SCALE),
    }),
  ),

  // e^x - 1 = tanh(x / 2) (e^x + 1): keeps its digits near zero.
  kernel<X>(tf.Expm1, (b, { x }) => {
    const half = b.unary('Tanh', b.binary('Mul', x, b.scalar(0.5)));
    return b.where(
      b.binary('Less', x, b.scalar(1), 'bool'),
      b.binary('Mul', half, b.binary('Add', b.unary('Exp', x), b.scalar(1))),
      b.binary('Sub', b.unary('Exp', x), b.scalar(1)),
    );
  }),
  // With u = fl(1 + x), log(1 + x) = log(u) x / (u - 1), and x itself where u is 1: keeps its digits near zero.
  kernel<X>(tf.Log1p, (b, { x }) => {
    const u = b.binary('Add', x, b.scalar(1));
    const log = b.unary('Log', u);
    const small = b.binary('Less', b.unary('Abs', x), b.scalar(0.5), 'bool');
    const scaled = b.binary('Div', b.binary('Mul', log, x), b.binary('Sub', u, b.scalar(1)));
    return b.where(b.binary('Equal', u, b.scalar(1), 'bool'), x, b.where(small, scaled, log));
  }),

  // 1 above zero, alpha at and below it, NaN stays.
  kernel<X, tf.StepAttrs>(tf.Step, (b, { x }, { alpha }) => {
    const wide = b.cast(x, 'float32');
    const step = b.where(b.binary('Greater', wide, b.scalar(0), 'bool'), b.scalar(1), b.scalar(alpha));
    return b.where(b.unary('IsNaN', wide, 'bool'), wide, step);
  }),
  kernel<tf.EluGradInputs>(tf.EluGrad, (b, { dy, y }) => {
    const slope = b.where(
      b.binary('GreaterOrEqual', y, b.scalar(0), 'bool'),
      b.scalar(1),
      b.binary('Add', y, b.scalar(1)),
    );
    return b.binary('Mul', dy, slope);
  }),
  kernel<tf.PreluInputs>(tf.Prelu, (b, { x, alpha }) =>
    b.where(b.binary('Less', x, b.scalar(0), 'bool'), b.binary('Mul', x, alpha), x),
  ),

  kernel<X>(tf.IsNan, (b, { x }) => b.unary('IsNaN', b.cast(x, 'float32'), 'bool')),
  kernel<X>(tf.IsInf, (b, { x }) => b.unary('IsInf', b.cast(x, 'float32'), 'bool')),
  kernel<X>(tf.IsFinite, (b, { x }) => {
    const wide = b.cast(x, 'float32');
    const bad = b.op('Or', [b.unary('IsNaN', wide, 'bool'), b.unary('IsInf', wide, 'bool')], x.shape, 'bool');
    return b.unary('Not', bad);
  }),
  kernel<X>(tf.LogicalNot, (b, { x }) => b.unary('Not', b.cast(x, 'bool'))),

  kernel<X>(tf.Identity, (_, { x }) => x),
  kernel<X>(tf.ZerosLike, (b, { x }) => b.fill(x.shape, 0, x.dtype)),
  kernel<X>(tf.OnesLike, (b, { x }) => b.fill(x.shape, 1, x.dtype)),
];

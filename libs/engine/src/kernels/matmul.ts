import * as tf from '@tensorflow/tfjs-core';
import { text } from '../ir/types.ts';
import type { GraphBuilder, Sym } from '../trace/builder.ts';
import { kernel, Untranslatable, type TraceKernel } from '../trace/kernel.ts';

/** Swaps the last two axes. */
function transposed(b: GraphBuilder, x: Sym): Sym {
  const rank = x.shape.length;
  const perm = x.shape.map((_, axis) => (axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis));
  return b.transpose(x, perm);
}

function matMul(b: GraphBuilder, x: Sym, y: Sym, transposeX: boolean, transposeY: boolean): Sym {
  const left = transposeX ? transposed(b, x) : x; // [..., rows, inner]
  const right = transposeY ? transposed(b, y) : y; // [..., inner, columns]
  const batch = tf.backend_util.assertAndGetBroadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  return b.op('MatMul', [left, right], [...batch, left.shape.at(-2)!, right.shape.at(-1)!], 'float32');
}

const activations: Readonly<Record<string, string>> = { relu: 'Relu', elu: 'Elu', sigmoid: 'Sigmoid' };

/** The activation of a fused kernel; `prelu` and `leakyrelu` carry extra operands that no model here uses. */
export function activate(b: GraphBuilder, x: Sym, activation: string | undefined): Sym {
  if (!activation || activation === 'linear') return x;
  if (activation === 'relu6') return b.op('Clip', [x, b.scalar(0), b.scalar(6)], x.shape, x.dtype);
  const op = activations[activation];
  if (!op) throw new Untranslatable(`activation ${activation}`);
  return b.unary(op, x);
}

export const matMulKernels: readonly TraceKernel[] = [
  kernel<tf.BatchMatMulInputs, tf.BatchMatMulAttrs>(tf.BatchMatMul, (b, { a, b: other }, { transposeA, transposeB }) =>
    matMul(b, a, other, transposeA, transposeB),
  ),
  kernel<tf._FusedMatMulInputs, tf._FusedMatMulAttrs>(
    tf._FusedMatMul,
    (b, { a, b: other, bias }, { transposeA, transposeB, activation }) => {
      const product = matMul(b, a, other, transposeA, transposeB);
      return activate(
        b,
        (bias as Sym | undefined) !== undefined ? b.binary('Add', product, bias) : product,
        activation,
      );
    },
  ),
  kernel<Record<string, tf.TensorInfo>, tf.EinsumAttrs>(tf.Einsum, (b, inputs, { equation }) => {
    const operands = Object.values(inputs);
    const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, operands.length);
    const sizes = new Map<number, number>();
    idDims.forEach((dims, i) => dims.forEach((dim, axis) => sizes.set(dim, operands[i]!.shape[axis]!)));
    const shape = allDims
      .map((_, dim) => dim)
      .filter((dim) => !summedDims.includes(dim))
      .map((dim) => sizes.get(dim)!);
    return b.op('Einsum', operands, shape, operands[0]!.dtype, { equation: text(equation.replaceAll(' ', '')) });
  }),
];

import { sizeOf } from '@medlego/tensors';
import type { GraphBuilder, Sym, SymDType } from './builder.ts';

const smallElements = 64;

export type Numbers = Float32Array | Int32Array | Uint8Array | number[];

/** Numbers written by a traced function as a constant of the graph: small ones are shared, uniform ones stay a scalar that is expanded. */
export function literal(b: GraphBuilder, values: Numbers, shape: readonly number[], dtype: SymDType): Sym {
  if (sizeOf(shape) <= smallElements)
    return { value: b.graph.constant(dtype, shape, Array.from(values, Number)), dtype, shape };
  const first = Number(values[0]);
  if (Number.isFinite(first) && everyEqual(values, values[0]!)) return b.fill(shape, first, dtype);
  const data =
    dtype === 'float32'
      ? Float32Array.from(values)
      : dtype === 'int32'
        ? Int32Array.from(values)
        : Uint8Array.from(values, Number);
  return { value: b.graph.addInitializer(dtype, shape, data), dtype, shape };
}

function everyEqual(values: ArrayLike<number>, first: number): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return false;
  return true;
}

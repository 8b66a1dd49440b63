import { backend_util, type DataType as TfDataType } from '@tensorflow/tfjs-core';
import type { Graph } from '../ir/graph.ts';
import { int, ints, type Attributes, type ValueInfo } from '../ir/types.ts';

/** Element types that a traced function can use. */
export type SymDType = 'float32' | 'int32' | 'bool';

/** A value of the graph as kernels see it. */
export interface Sym {
  readonly value: string;
  readonly dtype: SymDType;
  readonly shape: readonly number[];
}

const rankOf: Record<SymDType, number> = { bool: 0, int32: 1, float32: 2 };

export const onnxType: Record<SymDType, number> = { float32: 1, int32: 6, bool: 9 };

/** Adds operators to a graph with shapes worked out as tfjs does: small helpers that all kernels share. */
export class GraphBuilder {
  readonly graph: Graph;

  constructor(graph: Graph) {
    this.graph = graph;
  }

  /** One ai.onnx operator with one output; inputs are values or names of values. */
  op(
    op: string,
    inputs: readonly (Sym | string)[],
    shape: readonly number[],
    dtype: SymDType,
    attributes?: Attributes,
  ): Sym {
    const names = inputs.map((input) => (typeof input === 'string' ? input : input.value));
    return { value: this.graph.emit(op, names, { dtype, shape }, attributes), dtype, shape };
  }

  scalar(value: number, dtype: SymDType = 'float32'): Sym {
    return { value: this.graph.scalar(value, dtype), dtype, shape: [] };
  }

  int64s(values: readonly number[]): string {
    return this.graph.int64s(values);
  }

  /** A tensor filled with one number; not materialised. */
  fill(shape: readonly number[], value: number, dtype: SymDType): Sym {
    const scalar = this.scalar(value, dtype);
    return shape.length === 0 ? scalar : this.expand(scalar, shape);
  }

  expand(x: Sym, shape: readonly number[]): Sym {
    return this.op('Expand', [x, this.int64s(shape)], shape, x.dtype);
  }

  cast(x: Sym, dtype: SymDType): Sym {
    return x.dtype === dtype ? x : this.op('Cast', [x], x.shape, dtype, { to: int(onnxType[dtype]) });
  }

  reshape(x: Sym, shape: readonly number[]): Sym {
    if (sameShape(x.shape, shape)) return x;
    return this.op('Reshape', [x, this.int64s(shape)], shape, x.dtype);
  }

  transpose(x: Sym, perm: readonly number[]): Sym {
    if (perm.every((axis, i) => axis === i)) return x;
    return this.op(
      'Transpose',
      [x],
      perm.map((axis) => x.shape[axis]!),
      x.dtype,
      { perm: ints(perm) },
    );
  }

  unary(op: string, x: Sym, dtype: SymDType = x.dtype): Sym {
    return this.op(op, [x], x.shape, dtype);
  }

  /** A broadcasting operator on two values of one type; types that differ are widened first, as tfjs does. */
  binary(op: string, a: Sym, b: Sym, dtype?: SymDType): Sym {
    const wide = widest(a.dtype, b.dtype);
    const shape = backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
    const left = this.#unexpanded(this.cast(a, wide), b, shape);
    const right = this.#unexpanded(this.cast(b, wide), a, shape);
    return this.op(op, [left, right], shape, dtype ?? wide);
  }

  /** ReduceSum, ReduceMean, ReduceMax ... over `axes`. */
  reduce(op: string, x: Sym, axes: readonly number[], keepDims: boolean): Sym {
    if (axes.length === 0) return x;
    const shape = keepDims
      ? x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
      : x.shape.filter((_, axis) => !axes.includes(axis));
    return this.op(op, [x, this.int64s(axes)], shape, x.dtype, { keepdims: int(keepDims ? 1 : 0) });
  }

  where(condition: Sym, a: Sym, b: Sym): Sym {
    const wide = widest(a.dtype, b.dtype);
    const shape = [condition.shape, a.shape, b.shape].reduce((one, other) =>
      backend_util.assertAndGetBroadcastShape([...one], [...other]),
    );
    return this.op('Where', [this.cast(condition, 'bool'), this.cast(a, wide), this.cast(b, wide)], shape, wide);
  }

  slice(x: Sym, begin: readonly number[], size: readonly number[]): Sym {
    if (sameShape(x.shape, size)) return x;
    const axes = begin.map((_, axis) => axis).filter((axis) => begin[axis] !== 0 || size[axis] !== x.shape[axis]);
    const starts = axes.map((axis) => begin[axis]!);
    const ends = axes.map((axis) => begin[axis]! + size[axis]!);
    return this.op('Slice', [x, this.int64s(starts), this.int64s(ends), this.int64s(axes)], size, x.dtype);
  }

  /** The scalar behind an Expand, where the other operand alone gives the result its shape: the copy is then never made. */
  #unexpanded(x: Sym, other: Sym, shape: readonly number[]): Sym {
    const producer = this.graph.producer(x.value);
    if (producer?.op !== 'Expand' || !sameShape(other.shape, shape)) return x;
    const source = producer.inputs[0]!;
    return { ...x, value: source, shape: this.graph.info(source).shape };
  }
}

/** float32 before int32 before bool. */
export function widest(a: SymDType, b: SymDType): SymDType {
  return rankOf[a] >= rankOf[b] ? a : b;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

export function isSymDType(dtype: TfDataType | ValueInfo['dtype']): dtype is SymDType {
  return dtype in rankOf;
}

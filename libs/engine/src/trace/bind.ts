import { InvalidValueError } from '@medlego/errors';
import type { DType, HostTensor } from '@medlego/tensors';
import type { Graph } from '../ir/graph.ts';
import { int, type ValueInfo } from '../ir/types.ts';
import { isSymDType, onnxType, type Sym, type SymDType } from './builder.ts';

/** tfjs has no 8 and 64 bit integers: functions see them as int32, and the cast is part of the graph. */
export function symDType(name: string, dtype: DType): SymDType {
  if (isSymDType(dtype)) return dtype;
  if (dtype === 'uint8' || dtype === 'int64') return 'int32';
  throw new InvalidValueError({
    field: `${name}.dtype`,
    expected: 'float32, int32, int64, uint8 or bool',
    actual: dtype,
  });
}

/** A value that is fed at each run. */
export function bindFed(graph: Graph, name: string, info: ValueInfo): Sym {
  graph.addInput(name, info);
  return asSym(graph, name, info);
}

/** A frozen weight: an initializer that borrows the data. */
export function bindConstant(graph: Graph, name: string, constant: HostTensor): Sym {
  graph.addInitializer(constant.dtype, constant.shape, constant.data, name);
  return asSym(graph, name, constant);
}

function asSym(graph: Graph, name: string, { dtype, shape }: ValueInfo): Sym {
  const wanted = symDType(name, dtype);
  if (wanted === dtype) return { value: name, dtype: wanted, shape };
  const value = graph.emit('Cast', [name], { dtype: wanted, shape }, { to: int(onnxType[wanted]) });
  return { value, dtype: wanted, shape };
}

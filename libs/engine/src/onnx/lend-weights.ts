import type * as ort from 'onnxruntime-node';
import type { Device } from '../engine.ts';
import type { Graph } from '../ir/graph.ts';
import { toOrt } from './tensor.ts';

/** Below this a copy costs nothing, and ONNX Runtime gains by packing the matrix for its kernels beforehand. */
const lendFromBytes = 2 ** 20;

const products = new Set(['MatMul', 'Gemm', 'FusedMatMul']);

/**
 * Feeds large matrices instead of building them into the session, which would copy each, once per session, and pack it, once per use.
 * All sessions then read the caller's one copy. A product packs its matrix anew at every call instead, which costs it 7 to 12 % at
 * 768 × 3072 and 200 to 1600 rows. A GPU keeps weights on its side, so there they stay constants.
 */
export function lendWeights(graph: Graph, device: Device): Record<string, ort.Tensor> {
  const lent: Record<string, ort.Tensor> = {};
  if (device !== 'cpu') return lent;
  for (const [name, { data }] of [...graph.initializers]) {
    if (data.byteLength < lendFromBytes || graph.isOutput(name)) continue;
    if (!graph.consumers(name).every(({ op }) => products.has(op))) continue;
    lent[name] = toOrt(graph.feedInitializer(name));
  }
  return lent;
}

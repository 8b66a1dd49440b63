import { invariant } from '@medlego/errors';
import type { Graph } from '../ir/graph.ts';
import { float, int, type Attributes, type Node, type ValueInfo } from '../ir/types.ts';

/** alpha · op(a) op(b) + c, with op the identity or a transpose of the last two axes: MatMul, Gemm and FusedMatMul as one thing. */
export interface Product {
  readonly a: string;
  readonly b: string;
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
  /** Broadcast to the result; products of two matrices only. */
  readonly c?: string;
}

const number = (attributes: Attributes, name: string, fallback: number): number => {
  const attribute = attributes[name];
  return attribute && (attribute.kind === 'int' || attribute.kind === 'float') ? attribute.value : fallback;
};

/** Reads an operator as a product; undefined for other operators and for attributes that a Product cannot say. */
export function productOf(node: Node | undefined): Product | undefined {
  if (!node) return undefined;
  const [a, b, c] = node.inputs as [string, string, string | undefined];
  if (node.op === 'MatMul') return { a, b, transA: false, transB: false, alpha: 1 };
  const flags = {
    transA: number(node.attributes, 'transA', 0) === 1,
    transB: number(node.attributes, 'transB', 0) === 1,
    alpha: number(node.attributes, 'alpha', 1),
  };
  if (node.op === 'FusedMatMul' && !node.attributes['transBatchA'] && !node.attributes['transBatchB'])
    return { a, b, ...flags };
  if (node.op === 'Gemm' && number(node.attributes, 'beta', 1) === 1) return { a, b, ...flags, ...(c ? { c } : {}) };
  return undefined;
}

/** Adds the operator that computes a product: Gemm for matrices, else MatMul or, where that is not enough, FusedMatMul. */
export function emitProduct(graph: Graph, product: Product, info: ValueInfo): string {
  const { a, b, c, transA, transB, alpha } = product;
  const attributes: Record<string, ReturnType<typeof int>> = {};
  if (transA) attributes['transA'] = int(1);
  if (transB) attributes['transB'] = int(1);
  if (alpha !== 1) attributes['alpha'] = float(alpha);
  const isMatrix = graph.info(a).shape.length === 2 && graph.info(b).shape.length === 2;
  if (isMatrix) return graph.emit('Gemm', c === undefined ? [a, b] : [a, b, c], info, attributes);
  invariant(c === undefined, 'only a product of matrices takes an addend');
  if (Object.keys(attributes).length === 0) return graph.emit('MatMul', [a, b], info);
  return graph.emit('FusedMatMul', [a, b], info, attributes, 'com.microsoft');
}

/** Whether a product may be changed at all: batched ones need an operator of ONNX Runtime's own. */
export const isMatrixProduct = (graph: Graph, { a, b }: Product): boolean =>
  graph.info(a).shape.length === 2 && graph.info(b).shape.length === 2;

/** Puts a changed product in the place of an operator. */
export function replaceProduct(graph: Graph, node: Node, product: Product): void {
  const [output] = node.outputs as [string];
  graph.replaceUses(output, emitProduct(graph, product, graph.info(output)));
  graph.removeNode(node);
}

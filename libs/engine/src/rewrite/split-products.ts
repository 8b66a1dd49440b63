import type { Graph } from '../ir/graph.ts';
import type { Node } from '../ir/types.ts';
import { emitProduct, isMatrixProduct, productOf, type Product } from './product.ts';

/**
 * A product with a frozen weight whose result is cut into columns is one product for each of them, and a product of matrices side
 * by side is the sum of their products: the weight is cut instead of the activations, and its rows are views. So the fused
 * projection to queries, keys and values needs no cut, and its gradient no concatenation.
 */
export function splitProducts(graph: Graph): void {
  for (const node of graph.sorted()) {
    if (node.op === 'Split') cutResult(graph, node);
    else cutOperand(graph, node);
  }
}

/** [x W₁ᵀ + b₁, x W₂ᵀ + b₂, ...] for Split(x Wᵀ + b), with the rows W₁, W₂, ... of W. */
function cutResult(graph: Graph, node: Node): void {
  const [whole] = node.inputs as [string];
  if (node.attributes['axis']?.value !== 1 || !graph.hasOneConsumer(whole)) return;
  const sum = graph.producer(whole)?.op === 'Add' ? graph.producer(whole) : undefined;
  const bias = sum?.inputs.find((input) => graph.constantOf(input) && graph.info(input).shape.length === 1);
  const value = sum ? sum.inputs.find((input) => input !== bias)! : whole;
  const product = productOf(graph.producer(value));
  if ((sum && !bias) || !product || !graph.hasOneConsumer(value) || !isFrozen(graph, product)) return;
  if (!product.transB || product.c !== undefined) return;
  let start = 0;
  for (const output of node.outputs) {
    const info = graph.info(output);
    const [, width] = info.shape as [number, number];
    const part = emitProduct(graph, { ...product, b: rows(graph, product.b, start, width) }, info);
    graph.replaceUses(output, bias ? graph.emit('Add', [part, rows(graph, bias, start, width)], info) : part);
    start += width;
  }
}

/** x₁ W₁ + x₂ W₂ + ... for [x₁, x₂, ...] W. */
function cutOperand(graph: Graph, node: Node): void {
  const product = productOf(node);
  const parts = product && graph.producer(product.a);
  if (parts?.op !== 'Concat' || parts.attributes['axis']?.value !== 1 || !graph.hasOneConsumer(product!.a)) return;
  const { transA, transB, c } = product!;
  if (!isFrozen(graph, product!) || transA || transB || c !== undefined) return;
  const info = graph.info(node.outputs[0]!);
  let start = 0;
  let total: string | undefined;
  for (const part of parts.inputs) {
    const [, width] = graph.info(part).shape as [number, number];
    const term = emitProduct(graph, { ...product!, a: part, b: rows(graph, product!.b, start, width) }, info);
    total = total === undefined ? term : graph.emit('Add', [term, total], info);
    start += width;
  }
  graph.replaceUses(node.outputs[0]!, total!);
}

const isFrozen = (graph: Graph, product: Product) =>
  isMatrixProduct(graph, product) && graph.constantOf(product.b) !== undefined;

/** Rows of a constant, which constant folding makes a view. */
function rows(graph: Graph, value: string, start: number, count: number): string {
  const { dtype, shape } = graph.info(value);
  const [first, end, axis] = [start, start + count, 0].map((index) => graph.int64s([index])) as [
    string,
    string,
    string,
  ];
  return graph.emit('Slice', [value, first, end, axis], { dtype, shape: [count, ...shape.slice(1)] });
}

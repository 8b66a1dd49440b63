import type { Graph } from '../ir/graph.ts';
import type { RewriteOptions } from './options.ts';
import { isMatrixProduct, productOf, replaceProduct } from './product.ts';
import { permOf } from './simplify.ts';

/**
 * A product of transposed matrices reads them as they are: frozen weights keep one orientation in memory, and gradients need no
 * transposes. Batched products do so only where ONNX Runtime's own operators are allowed.
 */
export function absorbTransposes(graph: Graph, { fuse = true }: RewriteOptions): void {
  for (const node of graph.sorted()) {
    const product = productOf(node);
    if (!product || !(fuse || isMatrixProduct(graph, product))) continue;
    const a = untransposed(graph, product.a);
    const b = untransposed(graph, product.b);
    if (a === undefined && b === undefined) continue;
    replaceProduct(graph, node, {
      ...product,
      a: a ?? product.a,
      b: b ?? product.b,
      transA: product.transA !== (a !== undefined),
      transB: product.transB !== (b !== undefined),
    });
  }
}

/** What a value is the transpose of, if only its last two axes are swapped. */
function untransposed(graph: Graph, value: string): string | undefined {
  const node = graph.producer(value);
  if (node?.op !== 'Transpose') return undefined;
  const perm = permOf(node);
  const rank = perm.length;
  const swaps = perm.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i));
  return swaps && rank >= 2 ? node.inputs[0] : undefined;
}

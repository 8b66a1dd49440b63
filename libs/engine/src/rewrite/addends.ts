import type { Graph } from '../ir/graph.ts';
import { isMatrixProduct, productOf, replaceProduct } from './product.ts';
import { broadcastsTo, sameShape } from './shapes.ts';

/** A bias, or another matrix, that is added to a product becomes the start of its sums. */
export function absorbAddends(graph: Graph): void {
  for (const node of graph.sorted()) {
    if (node.op !== 'Add') continue;
    const [x, y] = node.inputs as [string, string];
    const { shape } = graph.info(node.outputs[0]!);
    const candidates = [
      [x, y],
      [y, x],
    ]
      .map(([value, addend]) => ({ producer: graph.producer(value!), value: value!, addend: addend! }))
      .filter(({ producer, value, addend }) => {
        const product = productOf(producer);
        return (
          product !== undefined &&
          product.c === undefined &&
          isMatrixProduct(graph, product) &&
          value !== addend &&
          graph.hasOneConsumer(value) &&
          // A sum may also make the product larger; then the product cannot start from it.
          sameShape(graph.info(value).shape, shape) &&
          broadcastsTo(graph.info(addend).shape, shape)
        );
      });
    // Of two products the one with the shorter sums goes on from the other: it has less to do per element.
    const [best] = candidates.sort((p, q) => innerSize(graph, p.value) - innerSize(graph, q.value));
    if (!best) continue;
    const product = productOf(best.producer)!;
    graph.replaceUses(node.outputs[0]!, best.value);
    graph.removeNode(node);
    replaceProduct(graph, best.producer!, { ...product, c: best.addend });
  }
}

function innerSize(graph: Graph, value: string): number {
  const product = productOf(graph.producer(value))!;
  return graph.info(product.a).shape[product.transA ? 0 : 1]!;
}

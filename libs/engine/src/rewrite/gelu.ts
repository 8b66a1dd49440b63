import type { Graph } from '../ir/graph.ts';
import type { Node } from '../ir/types.ts';
import { sameShape } from './shapes.ts';

/**
 * z (1 + erf(z)) / √2 with z = x / √2 is Gelu(x), one operator, where no gradient needs z and 1 + erf(z) again.
 */
export function fuseGelu(graph: Graph): void {
  for (const node of graph.sorted()) {
    const inner = node.op === 'Mul' ? scaled(graph, node, Math.SQRT1_2) : undefined;
    const product = inner !== undefined && graph.hasOneConsumer(inner) ? graph.producer(inner) : undefined;
    if (product?.op !== 'Mul') continue;
    const [z, u] = product.inputs as [string, string];
    const sum = graph.producer(u);
    const erf = sum?.op === 'Add' && graph.uniformOf(sum.inputs[1]!) === 1 ? graph.producer(sum.inputs[0]!) : undefined;
    const source = graph.producer(z);
    if (erf?.op !== 'Erf' || erf.inputs[0] !== z || source?.op !== 'Mul') continue;
    const x = scaled(graph, source, Math.SQRT1_2);
    const isPrivate =
      graph.hasOneConsumer(u) &&
      graph.hasOneConsumer(sum!.inputs[0]!) &&
      graph.consumers(z).length === 2 &&
      !graph.isOutput(z);
    if (x === undefined || !isPrivate) continue;
    graph.replaceUses(node.outputs[0]!, graph.emit('Gelu', [x], graph.info(x)));
  }
}

/** The value that an operator multiplies with this number. */
function scaled(graph: Graph, node: Node, factor: number): string | undefined {
  const [x, y] = node.inputs as [string, string];
  const number = graph.uniformOf(y);
  const { shape } = graph.info(node.outputs[0]!);
  return number !== undefined && Math.abs(number - factor) < 1e-7 && sameShape(graph.info(x).shape, shape)
    ? x
    : undefined;
}

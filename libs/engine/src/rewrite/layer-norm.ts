import type { Graph } from '../ir/graph.ts';
import { float, int, type Node } from '../ir/types.ts';

/**
 * The eight operators of a normalisation over the last axis become one LayerNormalization without gain and bias, which also gives
 * the inverse deviation that the gradient needs:
 * c = x − mean(x); v = mean(c²); r = 1 / √(v + ε); y = c r.
 */
export function fuseNormalization(graph: Graph): void {
  for (const node of graph.sorted()) {
    const match = matchNormalization(graph, node);
    if (!match) continue;
    const { x, epsilon, inverse } = match;
    const info = graph.info(node.outputs[0]!);
    const width = info.shape.at(-1)!;
    const needsInverse = graph.consumers(inverse).some((consumer) => consumer !== node) || graph.isOutput(inverse);
    const fused = graph.addNode(
      'LayerNormalization',
      [x, graph.constant('float32', [width], new Array<number>(width).fill(1))],
      needsInverse ? [info, null, graph.info(inverse)] : [info],
      { axis: int(-1), epsilon: float(epsilon) },
    );
    graph.replaceUses(node.outputs[0]!, fused.outputs[0]!);
    if (needsInverse) graph.replaceUses(inverse, fused.outputs[2]!);
  }
}

function matchNormalization(graph: Graph, node: Node): { x: string; epsilon: number; inverse: string } | undefined {
  if (node.op !== 'Mul') return undefined;
  const [centred, inverse] = node.inputs as [string, string];
  const root = producerOf(graph, inverse, 'Reciprocal');
  const shifted = root && producerOf(graph, root.inputs[0]!, 'Sqrt');
  const sum = shifted && producerOf(graph, shifted.inputs[0]!, 'Add');
  const variance = sum && lastAxisMean(graph, sum.inputs[0]!);
  const epsilon = sum && graph.uniformOf(sum.inputs[1]!);
  const square = variance !== undefined ? producerOf(graph, variance, 'Mul') : undefined;
  if (epsilon === undefined || !square || square.inputs[0] !== centred || square.inputs[1] !== centred)
    return undefined;
  const difference = producerOf(graph, centred, 'Sub');
  const x = difference?.inputs[0];
  if (!x || lastAxisMean(graph, difference.inputs[1]!) !== x) return undefined;
  return { x, epsilon, inverse };
}

function producerOf(graph: Graph, value: string, op: string): Node | undefined {
  const node = graph.producer(value);
  return node?.op === op ? node : undefined;
}

/** What a value is the mean of, over the last axis, which is kept. */
function lastAxisMean(graph: Graph, value: string): string | undefined {
  const node = producerOf(graph, value, 'ReduceMean');
  const x = node?.inputs[0];
  const axes = node && graph.constantOf(node.inputs[1] ?? '')?.data;
  if (!x || axes?.length !== 1 || node.attributes['keepdims']?.value === 0) return undefined;
  const rank = graph.info(x).shape.length;
  return (Number(axes[0]) + rank) % rank === rank - 1 ? x : undefined;
}

import type { Graph } from '../ir/graph.ts';
import type { Node } from '../ir/types.ts';

/** Computes equal things once: operators of the same kind on the same values. No operator that we record is random. */
export function joinCommonSubexpressions(graph: Graph): void {
  const seen = new Map<string, Node>();
  for (const node of graph.sorted()) {
    const key = JSON.stringify([
      node.op,
      node.domain,
      node.inputs,
      node.attributes,
      node.outputs.map((output) => output !== ''),
    ]);
    const first = seen.get(key);
    if (!first) {
      seen.set(key, node);
      continue;
    }
    node.outputs.forEach((output, i) => {
      if (output !== '') graph.replaceUses(output, first.outputs[i]!);
    });
    graph.removeNode(node);
  }
}

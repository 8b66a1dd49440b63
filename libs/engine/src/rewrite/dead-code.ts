import type { Graph } from '../ir/graph.ts';

/** Removes operators and constants that no output needs. */
export function removeDeadCode(graph: Graph): void {
  for (const node of graph.sorted().reverse())
    if (node.outputs.every((output) => output === '' || !graph.isUsed(output))) graph.removeNode(node);
  for (const name of [...graph.initializers.keys()]) if (!graph.isUsed(name)) graph.removeInitializer(name);
}

import { sizeOf } from '@medlego/tensors';
import type { Graph } from '../ir/graph.ts';
import { ints, type Node } from '../ir/types.ts';
import { sameShape } from './shapes.ts';

/** Removes operators that change nothing, and joins chains of reshapes and of transposes into one. */
export function simplify(graph: Graph): void {
  for (const node of graph.sorted()) {
    const [output] = node.outputs as [string];
    const replacement = simpler(graph, node);
    if (replacement !== undefined && replacement !== output) graph.replaceUses(output, replacement);
  }
}

function simpler(graph: Graph, node: Node): string | undefined {
  const [x, y] = node.inputs as [string, string];
  const { shape, dtype } = node.outputs[0] ? graph.info(node.outputs[0]) : { shape: [], dtype: undefined };
  const neutral = (operand: string, other: string, value: number) =>
    graph.uniformOf(operand) === value && sameShape(graph.info(other).shape, shape) ? other : undefined;
  switch (node.op) {
    case 'Identity':
      return x;
    case 'Cast':
      return graph.info(x).dtype === dtype ? x : undefined;
    case 'Expand':
      return sameShape(graph.info(x).shape, shape) ? x : undefined;
    case 'Add':
      return neutral(y, x, 0) ?? neutral(x, y, 0);
    case 'Sub':
      return neutral(y, x, 0);
    case 'Mul':
      return neutral(y, x, 1) ?? neutral(x, y, 1);
    case 'Div':
      return neutral(y, x, 1);
    case 'Reshape': {
      if (sameShape(graph.info(x).shape, shape)) return x;
      const before = graph.producer(x);
      if (before?.op !== 'Reshape') return undefined;
      const [source] = before.inputs as [string];
      if (sameShape(graph.info(source).shape, shape)) return source;
      return graph.emit('Reshape', [source, graph.int64s(shape)], graph.info(node.outputs[0]!));
    }
    case 'Transpose': {
      const perm = permOf(node);
      if (perm.every((axis, i) => axis === i)) return x;
      // Only axes of one element move: the bytes stay as they are.
      const moving = perm.filter((axis) => graph.info(x).shape[axis]! > 1);
      if (moving.every((axis, i) => i === 0 || axis > moving[i - 1]!) && sizeOf(shape) > 0)
        return graph.emit('Reshape', [x, graph.int64s(shape)], graph.info(node.outputs[0]!));
      const before = graph.producer(x);
      if (before?.op !== 'Transpose') return undefined;
      const first = permOf(before);
      const joined = perm.map((axis) => first[axis]!);
      if (joined.every((axis, i) => axis === i)) return before.inputs[0]!;
      return graph.emit('Transpose', [before.inputs[0]!], graph.info(node.outputs[0]!), { perm: ints(joined) });
    }
    default:
      return undefined;
  }
}

export function permOf(node: Node): readonly number[] {
  const perm = node.attributes['perm'];
  return perm?.kind === 'ints' ? perm.value : [];
}

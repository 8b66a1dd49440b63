import { sizeOf } from '@medlego/tensors';
import type { Graph } from '../ir/graph.ts';
import type { Initializer, Node } from '../ir/types.ts';
import { permOf } from './simplify.ts';

type Data = Initializer['data'];

/** Larger results, if they are no views, are left to the runtime: it computes them once too, and does not hold them twice. */
const mostElements = 2 ** 18;

/**
 * Computes beforehand what depends on constants alone: transposes, reshapes and slices of frozen weights, sums and products of
 * their biases. Sums and products round to float32 as the runtime does.
 */
export function foldConstants(graph: Graph): void {
  for (const node of graph.sorted()) {
    const constants = node.inputs.map((input) => graph.constantOf(input));
    if (constants.length === 0 || constants.some((constant) => constant === undefined) || node.outputs.length !== 1)
      continue;
    const folded = fold(graph, node, constants as Initializer[]);
    if (folded) graph.replaceUses(node.outputs[0]!, folded);
  }
}

function fold(graph: Graph, node: Node, inputs: readonly Initializer[]): string | undefined {
  const [x, y] = inputs as [Initializer, Initializer];
  const { shape, dtype } = graph.info(node.outputs[0]!);
  const add = (data: Data) => graph.addInitializer(dtype, shape, data as never);
  if (node.op !== 'Reshape' && node.op !== 'Slice' && sizeOf(shape) > mostElements) return undefined;
  switch (node.op) {
    case 'Reshape':
      return add(x.data);
    case 'Transpose':
      return add(gather(x, shape, stridesOf(x.shape), permOf(node)));
    case 'Slice':
      return foldSlice(graph, node, inputs);
    case 'Expand':
      return sizeOf(shape) > 4096 ? undefined : add(gather(x, shape, broadcastStrides(x.shape, shape)));
    case 'Add':
    case 'Sub':
    case 'Mul':
      return dtype === 'float32' ? add(combine(node.op, x, y, shape)) : undefined;
    default:
      return undefined;
  }
}

function foldSlice(graph: Graph, node: Node, [x, starts, , axes, steps]: readonly Initializer[]): string | undefined {
  if (!x || !starts || !axes || steps) return undefined;
  const { shape, dtype } = graph.info(node.outputs[0]!);
  const strides = stridesOf(x.shape);
  let offset = 0;
  Array.from(axes.data, Number).forEach((axis, i) => (offset += Number(starts.data[i]) * strides[Number(axis)]!));
  if (Array.from(starts.data, Number).some((start) => start < 0)) return undefined;
  const tail = strides.every((stride, axis) => axis === 0 || shape[axis] === x.shape[axis] || stride === 0);
  // Whole rows are a view of the weight, without a copy.
  if (!tail && sizeOf(shape) > mostElements) return undefined;
  const data = tail ? x.data.subarray(offset, offset + sizeOf(shape)) : gather(x, shape, strides, undefined, offset);
  return graph.addInitializer(dtype, shape, data as never);
}

const stridesOf = (shape: readonly number[]) => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

const broadcastStrides = (from: readonly number[], to: readonly number[]) => {
  const strides = stridesOf(from);
  return to.map((_, axis) => {
    const own = axis - (to.length - from.length);
    return own < 0 || from[own] === 1 ? 0 : strides[own]!;
  });
};

/** Elements of `x` in the order of `shape`; axis i of the result walks axis perm[i] of x. */
function gather(
  x: Initializer,
  shape: readonly number[],
  strides: readonly number[],
  perm: readonly number[] = shape.map((_, axis) => axis),
  offset = 0,
): Data {
  const result = new (x.data.constructor as new (length: number) => Data)(sizeOf(shape));
  const steps = perm.map((axis) => strides[axis]!);
  const index = shape.map(() => 0);
  let from = offset;
  for (let i = 0; i < result.length; i++) {
    result[i] = x.data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

function combine(op: 'Add' | 'Sub' | 'Mul', x: Initializer, y: Initializer, shape: readonly number[]): Float32Array {
  const left = gather(x, shape, broadcastStrides(x.shape, shape)) as Float32Array;
  const right = gather(y, shape, broadcastStrides(y.shape, shape)) as Float32Array;
  const compute = {
    Add: (a: number, b: number) => a + b,
    Sub: (a: number, b: number) => a - b,
    Mul: (a: number, b: number) => a * b,
  }[op];
  for (let i = 0; i < left.length; i++) left[i] = compute(left[i]!, right[i]!);
  return left;
}

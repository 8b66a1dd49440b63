import { TraceError } from '@medlego/errors';
import type { Graph } from '../ir/graph.ts';
import { int, type Initializer, type Node } from '../ir/types.ts';

/** One graph recorded at two sizes of the axis that is to be free. */
export interface TwoSizes {
  readonly graph: Graph;
  readonly other: Graph;
  readonly sizes: readonly [number, number];
  /** An input of the graph whose shape tells the size at run time, and the axis in it. */
  readonly source: { readonly input: string; readonly axis: number };
}

/** factor · size + offset */
interface Affine {
  readonly factor: number;
  readonly offset: number;
}

/**
 * Frees an axis of `graph`, in place: shapes that follow the axis are found by comparing the two recordings, and are computed
 * from the shape of an input instead of being constants.
 * @throws TraceError if the recordings differ in more than shapes
 */
export function freeAxis({ graph, other, sizes, source }: TwoSizes): void {
  const nodes = graph.sorted();
  const twins = other.sorted();
  if (nodes.length !== twins.length) throw differs(graph, `${nodes.length} and ${twins.length} operators`);
  const runtime = new RuntimeSize(graph, source);
  nodes.forEach((node, i) => {
    const twin = twins[i]!;
    if (node.op !== twin.op || JSON.stringify(node.attributes) !== JSON.stringify(twin.attributes))
      throw differs(graph, `operator ${node.op} and ${twin.op}`);
    node.inputs.forEach((input, at) => {
      const one = graph.constantOf(input);
      const two = other.constantOf(twin.inputs[at]!);
      if (!one || !two || sameData(one, two)) return;
      graph.setInput(node, at, freed(graph, node, at, elementwise(graph, node, one, two, sizes), runtime));
    });
  });
}

/** Shape of a value as a function of the free axis: a number, or the axis's name (`2*batch` where it is a multiple). @throws TraceError */
export function freeDims({ graph, other, sizes }: TwoSizes, output: string, axisName: string): (number | string)[] {
  const a = graph.info(graph.outputs.get(output)!).shape;
  const b = other.info(other.outputs.get(output)!).shape;
  return a.map((dim, axis) => {
    const { factor, offset } = affine(graph, output, dim, b[axis]!, sizes);
    if (factor === 0) return dim;
    const multiple = factor === 1 ? axisName : `${factor}*${axisName}`;
    return offset === 0 ? multiple : `${multiple}+${offset}`;
  });
}

/** An offset as large as the sizes themselves comes from a product of the axis with itself, which two sizes cannot tell from a multiple. */
function affine(graph: Graph, where: string, a: number, b: number, [first, second]: readonly [number, number]): Affine {
  const factor = (b - a) / (second - first);
  const offset = a - factor * first;
  if (factor === 0) return { factor, offset };
  if (!Number.isInteger(factor) || Math.abs(offset) >= first)
    throw differs(graph, `a shape of ${where} that is no multiple of the axis`);
  return { factor, offset };
}

function elementwise(
  graph: Graph,
  node: Node,
  one: Initializer,
  two: Initializer,
  sizes: readonly [number, number],
): Affine[] {
  if (one.dtype !== 'int64' || two.dtype !== 'int64' || one.data.length !== two.data.length)
    throw differs(graph, `a ${one.dtype} constant of ${node.op}`);
  return Array.from(one.data as BigInt64Array, (value, i) =>
    affine(graph, node.op, Number(value), Number(two.data[i]), sizes),
  );
}

function freed(graph: Graph, node: Node, at: number, dims: readonly Affine[], runtime: RuntimeSize): string {
  const free = dims.filter(({ factor }) => factor !== 0);
  // Reshape works out one dimension by itself.
  if (node.op === 'Reshape' && at === 1 && free.length === 1)
    return graph.int64s(dims.map(({ factor, offset }) => (factor === 0 ? offset : -1)));
  const parts: string[] = [];
  for (const { factor, offset } of dims)
    parts.push(factor === 0 ? graph.int64s([offset]) : runtime.value(factor, offset));
  if (parts.length === 1) return parts[0]!;
  return graph.emit('Concat', parts, { dtype: 'int64', shape: [parts.length] }, { axis: int(0) });
}

/** The size of the free axis while the graph runs, as int64 [1]. */
class RuntimeSize {
  readonly #graph: Graph;
  readonly #source: TwoSizes['source'];
  #size: string | undefined;

  constructor(graph: Graph, source: TwoSizes['source']) {
    this.#graph = graph;
    this.#source = source;
  }

  value(factor: number, offset: number): string {
    const info = { dtype: 'int64', shape: [1] } as const;
    let value = this.#base();
    if (factor !== 1) value = this.#graph.emit('Mul', [value, this.#graph.int64s([factor])], info);
    if (offset !== 0) value = this.#graph.emit('Add', [value, this.#graph.int64s([offset])], info);
    return value;
  }

  #base(): string {
    if (this.#size) return this.#size;
    const { input, axis } = this.#source;
    const shape = this.#graph.emit('Shape', [input], { dtype: 'int64', shape: [this.#graph.info(input).shape.length] });
    this.#size = this.#graph.emit(
      'Gather',
      [shape, this.#graph.int64s([axis])],
      { dtype: 'int64', shape: [1] },
      { axis: int(0) },
    );
    return this.#size;
  }
}

function sameData(a: Initializer, b: Initializer): boolean {
  if (a.data === b.data) return true;
  if (a.dtype !== b.dtype || a.data.length !== b.data.length) return false;
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false;
  return true;
}

function differs(graph: Graph, what: string): TraceError {
  return new TraceError({
    program: graph.name,
    problem: `cannot have a free axis: recorded at two sizes, it differs in ${what}`,
  });
}

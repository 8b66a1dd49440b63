import type { Graph } from '../ir/graph.ts';
import { int, type Node } from '../ir/types.ts';
import type { RewriteOptions } from './options.ts';
import { emitProduct, isMatrixProduct, productOf, type Product } from './product.ts';

/** Multiplications from which on an eighth of them is worth the sums around it: measured at 394 × 768 × 3072. */
const leastMultiplications = 2 ** 28;
/** Shortest side of the frozen weight: the sums cost as much as the saving at 768 × 768. */
const leastWeight = 2 ** 21;

/**
 * Large products with frozen weights as seven products of quarters instead of eight (Strassen's method in Winograd's form). The sums
 * of quarters of the weight are constants; most sums of results are the start of another product's sums. Kernels run at the peak of
 * the machine, so that this is the one way left to make a product faster. Rounding errors grow by a small factor, relative to the
 * largest entries instead of to each.
 *
 * The rows of x are split by parity: [x₀; x₁; ...] as [x₀ x₁; ...], so that one Split and one Concat without further copies do.
 * Source: Winograd's variant as in Higham 2002, Accuracy and Stability of Numerical Algorithms, section 23.1.
 */
export function useSevenProducts(graph: Graph, { packed = false }: RewriteOptions): void {
  if (!packed) return;
  for (const node of graph.sorted()) {
    const product = productOf(node);
    if (product && pays(graph, product)) rewrite(graph, node, product);
  }
}

function pays(graph: Graph, product: Product): boolean {
  const { a, b, c, transA } = product;
  if (transA || !isMatrixProduct(graph, product) || !graph.constantOf(b)) return false;
  const [rows, inner] = graph.info(a).shape as [number, number];
  const weight = graph.info(b).shape;
  const size = weight[0]! * weight[1]!;
  const isEven = [rows, ...weight].every((dim) => dim % 2 === 0);
  const hasPlainBias = c === undefined || (graph.constantOf(c) !== undefined && graph.info(c).shape.length === 1);
  return isEven && hasPlainBias && size >= leastWeight && rows * size >= leastMultiplications && inner > 1;
}

function rewrite(graph: Graph, node: Node, product: Product): void {
  const info = graph.info(node.outputs[0]!);
  const { dtype } = info;
  const [rows, columns] = info.shape as [number, number];
  const [, inner] = graph.info(product.a).shape as [number, number];
  const left = { dtype, shape: [rows / 2, inner / 2] };
  const result = { dtype, shape: [rows / 2, columns / 2] };
  const sum = (x: string, y: string, like: string) => graph.emit('Add', [x, y], graph.info(like));
  const difference = (x: string, y: string) => graph.emit('Sub', [x, y], graph.info(x));
  const multiply = (a: string, b: string, c?: string, alpha = 1) =>
    emitProduct(graph, { ...product, a, b, c, alpha: alpha * product.alpha }, result);

  const pairs = graph.emit('Reshape', [product.a, graph.int64s([rows / 2, 2 * inner])], {
    dtype,
    shape: [rows / 2, 2 * inner],
  });
  const quarters = graph.int64s([1, 1, 1, 1].map((count) => count * (inner / 2)));
  const [a11, a12, a21, a22] = graph.addNode('Split', [pairs, quarters], [left, left, left, left], { axis: int(1) })
    .outputs as [string, string, string, string];
  const s1 = sum(a21, a22, a21);
  const s2 = difference(s1, a11);
  const s3 = difference(a11, a21);
  const s4 = difference(a12, s2);

  const { b11, b12, b21, b22 } = quartersOf(graph, product);
  const t1 = difference(b12, b11);
  const t2 = difference(b22, t1);
  const t3 = difference(b22, b12);
  const t4 = difference(t2, b21);

  // The first product is in all four results, the fifth in those of the right half: there the bias goes in.
  const bias = product.c === undefined ? undefined : halvesOf(graph, product.c, columns / 2);
  const p1 = multiply(a11, b11, bias?.[0]);
  const p5 = multiply(s1, t1, bias && difference(bias[1], bias[0]));
  const u2 = multiply(s2, t2, p1);
  const u3 = multiply(s3, t3, u2);
  const c11 = multiply(a12, b21, p1);
  const c12 = multiply(s4, b22, sum(u2, p5, u2));
  const c21 = multiply(a22, t4, u3, -1);
  const c22 = sum(u3, p5, u3);
  const joined = graph.emit(
    'Concat',
    [c11, c12, c21, c22],
    { dtype, shape: [rows / 2, 2 * columns] },
    { axis: int(1) },
  );
  graph.replaceUses(node.outputs[0]!, graph.emit('Reshape', [joined, graph.int64s([rows, columns])], info));
}

/** Quarters of the weight as the product reads it, in the orientation in which it is stored. */
function quartersOf(graph: Graph, { b, transB }: Product): Record<'b11' | 'b12' | 'b21' | 'b22', string> {
  const { dtype, shape } = graph.info(b);
  const [height, width] = [shape[0]! / 2, shape[1]! / 2];
  const cut = (row: number, column: number) => {
    const starts = graph.int64s([row * height, column * width]);
    const ends = graph.int64s([(row + 1) * height, (column + 1) * width]);
    return graph.emit('Slice', [b, starts, ends, graph.int64s([0, 1])], { dtype, shape: [height, width] });
  };
  const at = (row: number, column: number) => (transB ? cut(column, row) : cut(row, column));
  return { b11: at(0, 0), b12: at(0, 1), b21: at(1, 0), b22: at(1, 1) };
}

function halvesOf(graph: Graph, bias: string, half: number): [string, string] {
  const { dtype } = graph.info(bias);
  const cut = (start: number) => {
    const [first, end, axis] = [start, start + half, 0].map((index) => graph.int64s([index])) as [
      string,
      string,
      string,
    ];
    return graph.emit('Slice', [bias, first, end, axis], { dtype, shape: [half] });
  };
  return [cut(0), cut(half)];
}

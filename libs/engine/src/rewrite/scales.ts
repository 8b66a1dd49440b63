import type { Graph } from '../ir/graph.ts';
import type { Node } from '../ir/types.ts';
import type { RewriteOptions } from './options.ts';
import { isMatrixProduct, productOf, replaceProduct, type Product } from './product.ts';
import { sameShape } from './shapes.ts';

/**
 * A number that a product's operand or result is multiplied with becomes the product's own factor, which costs nothing. A constant
 * that is added in between is multiplied beforehand.
 */
export function absorbScales(graph: Graph, options: RewriteOptions): void {
  for (const node of graph.sorted()) {
    if (node.op === 'Mul') absorbIntoProducer(graph, node, options);
    const product = productOf(node);
    if (!product || !isAllowed(graph, product, options) || product.c !== undefined) continue;
    const a = scaledValue(graph, product.a);
    const b = scaledValue(graph, product.b);
    if (!a && !b) continue;
    replaceProduct(graph, node, {
      ...product,
      a: a?.value ?? product.a,
      b: b?.value ?? product.b,
      alpha: product.alpha * (a?.factor ?? 1) * (b?.factor ?? 1),
    });
  }
}

const isAllowed = (graph: Graph, product: Product, { fuse = true }: RewriteOptions) =>
  fuse || isMatrixProduct(graph, product);

/** s · (product + constant) is (s · product) + (s · constant). */
function absorbIntoProducer(graph: Graph, node: Node, options: RewriteOptions): void {
  const scaled = asScaled(graph, node);
  if (!scaled || !graph.hasOneConsumer(scaled.value)) return;
  const inner = graph.producer(scaled.value);
  if (inner?.op === 'Add') {
    const [x, y] = inner.inputs as [string, string];
    const [value, constant] = graph.constantOf(y) ? [x, y] : [y, x];
    const product = productOf(graph.producer(value));
    if (!graph.constantOf(constant) || !product || product.c !== undefined || !graph.hasOneConsumer(value)) return;
    if (!isAllowed(graph, product, options)) return;
    replaceProduct(graph, graph.producer(value)!, { ...product, alpha: product.alpha * scaled.factor });
    const shifted = graph.emit('Mul', [constant, graph.scalar(scaled.factor)], graph.info(constant));
    graph.setInput(inner, inner.inputs.indexOf(constant), shifted);
  } else {
    const product = productOf(inner);
    if (!product || product.c !== undefined || !isAllowed(graph, product, options)) return;
    replaceProduct(graph, inner!, { ...product, alpha: product.alpha * scaled.factor });
  }
  graph.replaceUses(
    node.outputs[0]!,
    node.inputs.find((input) => graph.uniformOf(input) === undefined)!,
  );
}

const scaledValue = (graph: Graph, value: string) => {
  const node = graph.producer(value);
  return node?.op === 'Mul' ? asScaled(graph, node) : undefined;
};

/** A multiplication with one finite number that leaves the shape alone. */
function asScaled(graph: Graph, node: Node): { value: string; factor: number } | undefined {
  const [x, y] = node.inputs as [string, string];
  const { shape, dtype } = graph.info(node.outputs[0]!);
  if (dtype !== 'float32') return undefined;
  for (const [value, factor] of [
    [x, graph.uniformOf(y)],
    [y, graph.uniformOf(x)],
  ] as const)
    if (factor !== undefined && Number.isFinite(factor) && sameShape(graph.info(value).shape, shape))
      return { value, factor };
  return undefined;
}

import { describe, expect, it } from 'vitest';
import { removeDeadCode } from '../rewrite/dead-code.ts';
import { Graph } from './graph.ts';

const vector = { dtype: 'float32', shape: [2] } as const;

/** y = exp(-x) + x */
function sample() {
  const graph = new Graph('sample');
  const x = graph.addInput('x', vector);
  const neg = graph.emit('Neg', [x], vector);
  const exp = graph.emit('Exp', [neg], vector);
  const sum = graph.emit('Add', [exp, x], vector);
  graph.outputs.set('y', sum);
  return { graph, x, neg, exp, sum };
}

const ops = (graph: Graph) => graph.sorted().map(({ op }) => op);

describe('Graph', () => {
  it('knows who computes and who reads a value', () => {
    const { graph, x, neg, exp, sum } = sample();
    expect(graph.producer(neg)?.op).toBe('Neg');
    expect(graph.producer(x)).toBeUndefined();
    expect(graph.consumers(x).map(({ op }) => op)).toEqual(['Neg', 'Add']);
    expect(graph.hasOneConsumer(exp)).toBe(true);
    expect(graph.hasOneConsumer(x)).toBe(false);
    expect(graph.isOutput(sum)).toBe(true);
    expect(graph.hasOneConsumer(sum)).toBe(false);
  });

  it('counts an operator that reads a value twice once, until its last use is gone', () => {
    const graph = new Graph('square');
    const x = graph.addInput('x', vector);
    const z = graph.addInput('z', vector);
    const node = graph.addNode('Mul', [x, x], [vector]);
    expect(graph.consumers(x)).toEqual([node]);
    graph.setInput(node, 0, z);
    expect(graph.consumers(x)).toEqual([node]);
    graph.setInput(node, 1, z);
    expect(graph.consumers(x)).toEqual([]);
    expect(graph.consumers(z)).toEqual([node]);
  });

  it('replaces a value for operators and outputs alike, and then the old one can go', () => {
    const { graph, x, neg, sum } = sample();
    graph.replaceUses(neg, x);
    graph.replaceUses(sum, x);
    expect(graph.outputs.get('y')).toBe(x);
    removeDeadCode(graph);
    expect(graph.nodes.size).toBe(0);
    expect(graph.has(neg)).toBe(false);
  });

  it('refuses to remove what is used, to use what is not there, and to define a name twice', () => {
    const { graph, neg } = sample();
    expect(() => graph.removeNode(graph.producer(neg)!)).toThrow(/still used/);
    expect(() => graph.emit('Neg', ['nowhere'], vector)).toThrow(/does not have/);
    expect(() => graph.addInput('x', vector)).toThrow(/already has a value x/);
    expect(() => graph.addInitializer('float32', [3], new Float32Array(2))).toThrow(/2 elements for shape \[3\]/);
  });

  it('sorts operators that were added late to where their results are needed', () => {
    const { graph, neg, exp } = sample();
    const tanh = graph.emit('Tanh', [neg], vector);
    graph.setInput(graph.producer(exp)!, 0, tanh);
    expect(ops(graph)).toEqual(['Neg', 'Tanh', 'Exp', 'Add']);
  });

  it('sorts long chains without recursion', () => {
    const graph = new Graph('chain');
    let value = graph.addInput('x', vector);
    const nodes = Array.from({ length: 20_000 }, () => graph.addNode('Neg', [value], [vector]));
    for (const node of nodes.reverse()) {
      graph.setInput(node, 0, value);
      value = node.outputs[0]!;
    }
    expect(graph.sorted()).toEqual(nodes);
  });

  it('shares small constants, tells 0 from -0, and finds the number that fills one', () => {
    const graph = new Graph('constants');
    expect(graph.scalar(2)).toBe(graph.scalar(2));
    expect(graph.scalar(0)).not.toBe(graph.scalar(-0));
    expect(graph.scalar(2, 'int32')).not.toBe(graph.scalar(2));
    expect(graph.uniformOf(graph.constant('float32', [2], [3, 3]))).toBe(3);
    expect(graph.uniformOf(graph.constant('float32', [2], [3, 4]))).toBeUndefined();
    const big = graph.emit('Expand', [graph.scalar(7), graph.int64s([100, 100])], {
      dtype: 'float32',
      shape: [100, 100],
    });
    expect(graph.uniformOf(big)).toBe(7);
  });
});

import * as ort from 'onnxruntime-node';
import type { NamedTensors } from '@medlego/tensors';
import type { PureFunction } from '../src/engine.ts';
import { registerGradients } from '../src/gradients/index.ts';
import type { Graph } from '../src/ir/graph.ts';
import { serialiseModel } from '../src/onnx/model.ts';
import { fromOrt, toOrt } from '../src/onnx/tensor.ts';
import { removeDeadCode } from '../src/rewrite/dead-code.ts';
import type { RewriteOptions } from '../src/rewrite/options.ts';
import { signatureOf, traceProgram } from '../src/trace/trace.ts';
import { expectClose, type Tolerance } from './compare.ts';

export type Rewrite = (graph: Graph, options: RewriteOptions) => void;

export interface RewriteCase {
  readonly fn: PureFunction;
  readonly inputs: NamedTensors;
  readonly constants?: NamedTensors;
  readonly options?: RewriteOptions;
  readonly tolerance?: Tolerance;
}

/** How many operators of each kind a graph has. */
export function countOps(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

/**
 * Records a function, rewrites the graph, and checks on ONNX Runtime, with its own graph optimisations off, that it computes what
 * the graph as recorded computes.
 * @returns the rewritten graph, dead code removed
 */
export async function expectSameNumbers(rewrites: readonly Rewrite[], testCase: RewriteCase): Promise<Graph> {
  const { inputs, options = {}, tolerance = { rtol: 1e-4, atol: 1e-5 } } = testCase;
  const expected = await runGraph(record(testCase), inputs);
  const graph = record(testCase);
  for (const rewrite of rewrites) rewrite(graph, options);
  removeDeadCode(graph);
  const actual = await runGraph(graph, inputs);
  for (const [name, tensor] of Object.entries(expected)) expectClose(actual[name]!, tensor, tolerance, name);
  return graph;
}

function record({ fn, inputs, constants }: RewriteCase): Graph {
  registerGradients();
  const graph = traceProgram({ spec: { name: 'case', fn, constants }, inputs: signatureOf(inputs), state: {} });
  removeDeadCode(graph);
  return graph;
}

async function runGraph(graph: Graph, inputs: NamedTensors): Promise<NamedTensors> {
  const session = await ort.InferenceSession.create(serialiseModel(graph).model, {
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
  });
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [`i/${name}`, toOrt(tensor)]));
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor as ort.Tensor)]));
}

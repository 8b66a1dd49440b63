import { InvalidValueError, invariant } from '@medlego/errors';
import type { DType } from '@medlego/tensors';
import type { ProgramSpec } from '../engine.ts';
import { registerGradients } from '../gradients/index.ts';
import type { Graph } from '../ir/graph.ts';
import { serialiseModel, type Dim } from '../onnx/model.ts';
import { removeDeadCode } from '../rewrite/dead-code.ts';
import { rewriteGraph } from '../rewrite/index.ts';
import { traceProgram, type BorderNames, type Signature } from '../trace/trace.ts';
import { freeAxis, freeDims } from './free-axis.ts';

export interface ExportInput {
  readonly dtype: DType;
  /** A number, or a name for the one axis that stays free: `['batch', 3, 224, 224]`. */
  readonly dims: readonly Dim[];
}

export interface ExportOptions {
  /** Who made the file. */
  readonly producer?: { readonly name: string; readonly version: string };
  /** Key and value strings that travel in the file, such as label names or the digest of an artifact. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Sizes at which the function is recorded: primes, so that what follows the free axis is recognised, and large, so that no rewrite
 * takes a tensor along it for a small constant and computes it beforehand.
 */
const probeSizes = [10_007, 10_009] as const;

const plainNames: BorderNames = {
  input: (name) => name,
  state: (name) => name,
  output: (name) => name,
  newState: (name) => name,
  constant: (name) => name,
};

/**
 * A pure function without state as the bytes of an ONNX file (opset 20, standard operators only, weights inside). Inputs and outputs keep
 * the function's names. At most one axis name is free; it may occur in several inputs.
 * @throws TraceError, UnsupportedKernelError, InvalidValueError
 */
export function exportOnnx(
  spec: ProgramSpec,
  inputs: Readonly<Record<string, ExportInput>>,
  options: ExportOptions = {},
): Uint8Array<ArrayBuffer> {
  const free = freeNameOf(inputs);
  registerGradients();
  const { graph, dims } = free
    ? withFreeAxis(spec, inputs, free)
    : { graph: rewritten(record(spec, inputs, 1)), dims: {} };
  assertNames(graph, spec);
  for (const node of graph.nodes) invariant(node.domain === '', `${node.op} of ${node.domain} in an exported file`);
  return serialiseModel(graph, { dims, producer: options.producer, metadata: options.metadata }).model;
}

function withFreeAxis(spec: ProgramSpec, inputs: Readonly<Record<string, ExportInput>>, free: FreeName) {
  const [graph, other] = probeSizes.map((size) => rewritten(record(spec, inputs, size))) as [Graph, Graph];
  const recordings = { graph, other, sizes: probeSizes, source: free };
  const dims: Record<string, readonly Dim[]> = {};
  for (const [name, input] of Object.entries(inputs)) dims[name] = input.dims;
  for (const name of graph.outputs.keys()) dims[name] = freeDims(recordings, name, free.name);
  freeAxis(recordings);
  removeDeadCode(graph); // the constants that were replaced
  return { graph, dims };
}

function record(spec: ProgramSpec, inputs: Readonly<Record<string, ExportInput>>, size: number): Graph {
  const signature: Signature = Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, dims }]) => [
      name,
      { dtype, shape: dims.map((dim) => (typeof dim === 'number' ? dim : size)) },
    ]),
  );
  return traceProgram({ spec, inputs: signature, state: {}, names: plainNames });
}

function rewritten(graph: Graph): Graph {
  rewriteGraph(graph, { fuse: false });
  return graph;
}

interface FreeName {
  readonly name: string;
  readonly input: string;
  readonly axis: number;
}

function freeNameOf(inputs: Readonly<Record<string, ExportInput>>): FreeName | undefined {
  const found: FreeName[] = [];
  for (const [input, { dims }] of Object.entries(inputs))
    dims.forEach((name, axis) => typeof name === 'string' && found.push({ name, input, axis }));
  const names = [...new Set(found.map(({ name }) => name))];
  if (names.length > 1)
    throw new InvalidValueError({ field: 'inputs', expected: 'one free axis', actual: names.join(', ') });
  return found[0];
}

/** In a file inputs, outputs and weights share one name space. */
function assertNames(graph: Graph, spec: ProgramSpec): void {
  const taken = new Set([...graph.inputs, ...graph.initializers.keys()]);
  for (const name of graph.outputs.keys())
    if (taken.has(name) || graph.has(name))
      throw new InvalidValueError({
        field: `${spec.name} output ${name}`,
        expected: 'a name that no input or weight has',
        actual: name,
      });
}

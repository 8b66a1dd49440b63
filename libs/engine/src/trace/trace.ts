import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensors } from '@medlego/tensors';
import { assertPureResult } from '../checked-result.ts';
import type { ProgramSpec, TensorMap } from '../engine.ts';
import type { Graph } from '../ir/graph.ts';
import type { ValueInfo } from '../ir/types.ts';
import { traceKernels } from '../kernels/index.ts';
import { traceBackend, traceBackendName, TraceScope } from './backend.ts';
import type { Sym } from './builder.ts';
import { withTfBackend } from './with-tf-backend.ts';
import { bindConstant, bindFed } from './bind.ts';

export type Signature = Readonly<Record<string, ValueInfo>>;

export interface TraceRequest {
  readonly spec: ProgramSpec;
  /** Types and shapes of what `run` will be given. */
  readonly inputs: Signature;
  readonly state: Signature;
  /** Default: `borderNames`. */
  readonly names?: BorderNames;
}

/** How values at the border of a traced graph are named. */
export interface BorderNames {
  input(name: string): string;
  state(name: string): string;
  output(name: string): string;
  newState(name: string): string;
  constant(name: string): string;
}

/** Names that cannot clash, whatever a program calls its inputs, state and constants. */
export const borderNames: BorderNames = {
  input: (name: string) => `i/${name}`,
  state: (name: string) => `s/${name}`,
  output: (name: string) => `o/${name}`,
  newState: (name: string) => `n/${name}`,
  constant: (name: string) => `w/${name}`,
};

/**
 * Runs a pure function once on a backend that records, and returns its graph: inputs `i/<name>` and `s/<name>`, outputs `o/<name>`
 * and `n/<name>` for the entries of the state that the function returned. Constants are initializers `w/<name>` that borrow the data.
 * @throws TraceError, UnsupportedKernelError, and what the function itself throws
 */
export function traceProgram(request: TraceRequest): Graph {
  const { spec } = request;
  const backend = traceBackend(traceKernels);
  const scope = new TraceScope(spec.name);
  if (backend.scope) throw scope.error(`is traced inside the trace of ${backend.scope.program}`);
  backend.scope = scope;
  const before = tf.engine().state.numTensors;
  try {
    withTfBackend(traceBackendName, () => tf.tidy(() => record(scope, request)));
    const leaked = tf.engine().state.numTensors - before;
    if (leaked > 0)
      throw scope.error(`leaves ${leaked} tensors behind (tf.keep or tf.variable); a pure function may keep nothing`);
    return scope.graph;
  } finally {
    backend.scope = undefined;
  }
}

function record(scope: TraceScope, { spec, inputs, state, names = borderNames }: TraceRequest): void {
  const { graph } = scope;
  const tensor = (sym: Sym) => tf.engine().makeTensorFromTensorInfo(scope.info(sym));
  const result = spec.fn({
    constants: mapValues(spec.constants ?? {}, (constant, name) =>
      tensor(bindConstant(graph, names.constant(name), constant)),
    ),
    state: mapValues(state, (info, name) => tensor(bindFed(graph, names.state(name), info))),
    inputs: mapValues(inputs, (info, name) => tensor(bindFed(graph, names.input(name), info))),
  });
  assertPureResult(spec.name, result, state);
  for (const [name, output] of Object.entries(result.outputs))
    graph.outputs.set(names.output(name), scope.sym(output).value);
  for (const [name, next] of Object.entries(result.state ?? {}))
    graph.outputs.set(names.newState(name), scope.sym(next).value);
}

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T, name: string) => tf.Tensor): TensorMap {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}

/** The types and shapes of tensors, in the order of their names. */
export function signatureOf(tensors: NamedTensors): Signature {
  return Object.fromEntries(
    Object.entries(tensors)
      .map(([name, { dtype, shape }]) => [name, { dtype, shape }] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

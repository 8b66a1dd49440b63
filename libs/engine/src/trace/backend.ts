import * as tf from '@tensorflow/tfjs-core';
import { TraceError, UnsupportedKernelError } from '@medlego/errors';
import { Graph } from '../ir/graph.ts';
import { GraphBuilder, isSymDType, type Sym, type SymDType } from './builder.ts';
import { Untranslatable, type TraceKernel } from './kernel.ts';
import { literal, type Numbers } from './literal.ts';

export const traceBackendName = 'medlego-trace';

interface Entry {
  readonly shape: readonly number[];
  readonly dtype: SymDType;
  /** Numbers written by the function itself (`tf.scalar(2)`), before a kernel uses them. */
  readonly values?: tf.BackendValues;
  sym?: Sym;
  refCount: number;
}

/** What one trace records. Tensors belong to the trace that made them. */
export class TraceScope {
  readonly program: string;
  readonly graph: Graph;
  readonly builder: GraphBuilder;
  readonly entries = new Map<tf.DataId, Entry>();

  constructor(program: string) {
    this.program = program;
    this.graph = new Graph(program);
    this.builder = new GraphBuilder(this.graph);
  }

  error(problem: string): TraceError {
    return new TraceError({ program: this.program, problem });
  }

  /** A handle for a value of the graph, as tfjs wants it. */
  info(sym: Sym): tf.TensorInfo {
    const dataId = {};
    this.entries.set(dataId, { shape: sym.shape, dtype: sym.dtype, sym, refCount: 1 });
    return { dataId, shape: [...sym.shape], dtype: sym.dtype };
  }

  /** The value of the graph behind a tensor; numbers become constants of the graph on first use. */
  sym(tensor: tf.TensorInfo): Sym {
    const entry = this.entries.get(tensor.dataId);
    if (!entry)
      throw this.error(
        'uses a tensor that was made outside of it. Pass it in as a constant, state or input: a pure function may not capture tensors',
      );
    entry.sym ??= literal(this.builder, entry.values as Numbers, entry.shape, entry.dtype);
    return entry.sym;
  }
}

/** A tfjs backend that records kernels into the graph of the active trace and computes nothing. */
class TraceBackend extends tf.KernelBackend {
  scope: TraceScope | undefined;
  #nextId = 0;

  active(): TraceScope {
    if (!this.scope)
      throw new TraceError({ program: 'tfjs', problem: `backend ${traceBackendName} is used outside of a trace` });
    return this.scope;
  }

  run(kernel: TraceKernel, inputs: tf.NamedTensorInfoMap, attrs: tf.NamedAttrMap): tf.TensorInfo | tf.TensorInfo[] {
    const scope = this.active();
    const syms: Record<string, Sym> = {};
    for (const [name, input] of Object.entries(inputs)) if (input) syms[name] = scope.sym(input);
    try {
      const result = kernel.run(scope.builder, syms, attrs ?? {});
      return Array.isArray(result) ? result.map((sym) => scope.info(sym)) : scope.info(result);
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error;
      throw new UnsupportedKernelError({ kernel: kernel.name, program: scope.program, detail: error.message });
    }
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = { id: this.#nextId++ };
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    const scope = this.active();
    if (!isSymDType(dtype)) throw scope.error(`uses a ${dtype} tensor; float32, int32 and bool can be compiled`);
    scope.entries.set(dataId, { values, shape: [...shape], dtype, refCount });
  }

  override readSync(dataId: object): tf.BackendValues {
    const scope = this.active();
    const entry = scope.entries.get(dataId);
    if (entry?.values) return entry.values;
    throw scope.error(
      'reads the values of a tensor (dataSync, data, print or an operation that needs them) while it is traced',
    );
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  override incRef(dataId: tf.DataId): void {
    const entry = this.scope?.entries.get(dataId);
    if (entry) entry.refCount++;
  }

  decRef(dataId: tf.DataId): void {
    const entry = this.scope?.entries.get(dataId);
    if (entry) entry.refCount--;
  }

  override refCount(dataId: tf.DataId): number {
    return this.scope?.entries.get(dataId)?.refCount ?? 0;
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    const entry = this.scope?.entries.get(dataId);
    if (!entry) return true;
    entry.refCount--;
    if (!force && entry.refCount > 0) return false;
    this.scope!.entries.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.scope?.entries.size ?? 0;
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: true, reasons: ['a trace holds no data'] };
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {}
}

let registered: TraceBackend | undefined;

/** Registers the backend and its kernels with tfjs once; kernels without a translation throw an error that names them. */
export function traceBackend(kernels: readonly TraceKernel[]): TraceBackend {
  if (registered) return registered;
  const backend = new TraceBackend();
  tf.registerBackend(traceBackendName, () => backend, 0);
  const known = new Set(kernels.map((kernel) => kernel.name));
  for (const kernel of kernels)
    tf.registerKernel({
      kernelName: kernel.name,
      backendName: traceBackendName,
      kernelFunc: ({ inputs, attrs }) => backend.run(kernel, inputs, attrs as tf.NamedAttrMap),
    });
  // tfjs-core exports the name of every kernel as a constant: `tf.FFT === 'FFT'`.
  for (const [name, value] of Object.entries(tf) as [string, unknown][])
    if (typeof value === 'string' && /^_?[A-Z]/.test(name) && !known.has(value)) {
      known.add(value);
      tf.registerKernel({
        kernelName: value,
        backendName: traceBackendName,
        kernelFunc: () => {
          throw new UnsupportedKernelError({ kernel: value, program: backend.active().program });
        },
      });
    }
  registered = backend;
  return backend;
}

export type { TraceBackend };

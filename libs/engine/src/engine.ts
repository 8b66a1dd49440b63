import type * as tf from '@tensorflow/tfjs-core';
import type { NamedTensors } from '@medlego/tensors';

export type EngineName = 'onnx' | 'tensorflow' | 'cpu';
export type Device = 'cpu' | 'cuda';

export interface EngineOptions {
  /** `onnx` compiles a traced graph (default), `tensorflow` runs tfjs-node eagerly, `cpu` is tfjs in plain JavaScript, the numerical reference. */
  readonly engine?: EngineName;
  /** Asked for and not there is an EngineUnavailableError, never a silent CPU run. */
  readonly device?: Device;
  /** Threads inside one operator; default: all cores. Same seed and thread count give the same bytes. */
  readonly intraOpThreads?: number;
}

export interface EngineInfo {
  readonly engine: EngineName;
  readonly device: Device;
  /** Why this engine and device were chosen, in words, for logs and metadata. */
  readonly reason: string;
  readonly intraOpThreads: number;
  /** Versions of the libraries that compute, e.g. { 'onnxruntime-node': '1.30.0' }. */
  readonly versions: Readonly<Record<string, string>>;
}

export type TensorMap = Readonly<Record<string, tf.Tensor>>;

export interface PureArguments {
  /** Frozen weights: part of the compiled graph. */
  readonly constants: TensorMap;
  /** What moves from call to call: adapters, heads, optimizer slots. */
  readonly state: TensorMap;
  /** What the caller gives to this call. */
  readonly inputs: TensorMap;
}

export interface PureResult {
  /** New values for some or all entries of the state, same shapes and dtypes. */
  readonly state?: TensorMap;
  /** What `run` hands back. */
  readonly outputs: TensorMap;
}

/**
 * A pure function of tensors written with tfjs operations; `tf.variableGrads`-style calls (`tf.grads`, `tf.valueAndGrads`,
 * `tf.customGrad`) are allowed. It must not read values (`dataSync`), keep tensors (`tf.keep`, `tf.variable`), capture tensors from outside or branch on values: it may run
 * once (traced) or at every call (eager). Random numbers that it draws (`tf.randomNormal`, `tf.dropout`) would become constants of the graph: pass them
 * in as inputs.
 */
export type PureFunction = (args: PureArguments) => PureResult;

export interface ProgramSpec {
  /** Names the function in errors, logs and profiles. */
  readonly name: string;
  readonly fn: PureFunction;
  /** Borrowed, not copied; must not be changed while the program lives. Share one object between programs to share its memory. */
  readonly constants?: NamedTensors;
  /**
   * Where large frozen weights lie while a compiled graph runs on the CPU. `shared` (default): the caller's one copy serves all
   * programs. `packed`: each graph also keeps them in the order that its kernels read, once per orientation: products are about a
   * tenth faster, for one or two more copies in memory. Other engines and devices take no notice.
   */
  readonly weights?: 'shared' | 'packed';
}

/** Tensors that live with the engine (on its device) between calls. */
export interface EngineState {
  /** Copies to main memory. */
  read(): Promise<NamedTensors>;
  /** Replaces entries; names, shapes and dtypes must agree with what it was created from. */
  write(tensors: NamedTensors): Promise<void>;
  dispose(): Promise<void>;
}

export interface Program {
  /**
   * Runs the function once; compiled the first time that these input and state shapes are seen, cached after that.
   * With a state, its entries are replaced by the returned ones after the call. Calls that were not waited for run one after the other.
   * ONNX Runtime computes on the calling thread and its helpers: the event loop stands still for the time of one call.
   * @returns the outputs in main memory, owned by the caller
   * @throws TraceError, UnsupportedKernelError, GraphExecutionError, InvalidValueError for element types that tfjs does not have
   */
  run(inputs: NamedTensors, state?: EngineState): Promise<NamedTensors>;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly info: EngineInfo;
  compile(spec: ProgramSpec): Program;
  createState(tensors: NamedTensors): Promise<EngineState>;
  dispose(): Promise<void>;
}

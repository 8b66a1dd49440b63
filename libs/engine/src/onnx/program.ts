import type * as ort from 'onnxruntime-node';
import { GraphExecutionError, InvalidValueError } from '@medlego/errors';
import type { HostTensor, NamedTensors } from '@medlego/tensors';
import type { EngineState, Program, ProgramSpec } from '../engine.ts';
import { rewriteGraph } from '../rewrite/index.ts';
import { SerialQueue } from '../serial-queue.ts';
import { borderNames, signatureOf, traceProgram } from '../trace/trace.ts';
import { lendWeights } from './lend-weights.ts';
import { createSession, reasonOf, type SessionSettings } from './session.ts';
import { OnnxState } from './state.ts';
import { fromOrt, toOrt } from './tensor.ts';

interface Compiled {
  readonly session: ort.InferenceSession;
  /** Names of `run`'s outputs, and of the entries of the state that the program replaces. */
  readonly outputs: readonly string[];
  readonly newState: readonly string[];
  /** Large weights, fed at each run. */
  readonly weights: Readonly<Record<string, ort.Tensor>>;
}

/** A pure function as ONNX Runtime sessions, one for each set of input and state shapes. */
export class OnnxProgram implements Program {
  readonly #spec: ProgramSpec;
  readonly #settings: SessionSettings;
  readonly #compiled = new Map<string, Promise<Compiled>>();
  readonly #queue = new SerialQueue();
  #disposed = false;

  constructor(spec: ProgramSpec, settings: SessionSettings) {
    this.#spec = spec;
    this.#settings = settings;
  }

  run(inputs: NamedTensors, state?: EngineState): Promise<NamedTensors> {
    // Calls wait for each other: two calls on one state would both start from the old one.
    return this.#queue.run(() => this.#run(inputs, state));
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#queue.idle();
    const sessions = await Promise.allSettled(this.#compiled.values());
    this.#compiled.clear();
    for (const result of sessions) if (result.status === 'fulfilled') await result.value.session.release();
  }

  async #run(inputs: NamedTensors, state: EngineState | undefined): Promise<NamedTensors> {
    const live = this.#checked(state);
    const { session, outputs, newState, weights } = await this.#compile(inputs, live);
    const feeds: Record<string, ort.Tensor> = { ...weights };
    for (const [name, tensor] of Object.entries(inputs)) feeds[borderNames.input(name)] = toOrt(tensor);
    if (live) for (const name of live.entries.keys()) feeds[borderNames.state(name)] = live.tensor(name);
    const fetches: Record<string, ort.Tensor | null> = {};
    for (const name of outputs) fetches[borderNames.output(name)] = null;
    for (const name of newState) fetches[borderNames.newState(name)] = live!.spare(name);

    const results = await this.#execute(session, feeds, fetches);
    live?.swap(newState);
    const read: Record<string, HostTensor> = {};
    for (const name of outputs) read[name] = fromOrt(results[borderNames.output(name)] as ort.Tensor);
    return read;
  }

  async #execute(
    session: ort.InferenceSession,
    feeds: Record<string, ort.Tensor>,
    fetches: Record<string, ort.Tensor | null>,
  ): Promise<ort.InferenceSession.ReturnType> {
    try {
      return await session.run(feeds, fetches);
    } catch (error) {
      throw new GraphExecutionError(
        { program: this.#spec.name, phase: 'run', reason: reasonOf(error) },
        { cause: error },
      );
    }
  }

  #checked(state: EngineState | undefined): OnnxState | undefined {
    if (this.#disposed)
      throw new InvalidValueError({
        field: `program ${this.#spec.name}`,
        expected: 'a live program',
        actual: 'a disposed one',
      });
    if (state === undefined || state instanceof OnnxState) return state;
    throw new InvalidValueError({
      field: 'state',
      expected: 'a state made by this engine',
      actual: state.constructor.name,
    });
  }

  #compile(inputs: NamedTensors, state: OnnxState | undefined): Promise<Compiled> {
    const stateTensors = Object.fromEntries(state?.entries ?? []);
    const key = JSON.stringify([shapeKey(inputs), shapeKey(stateTensors)]);
    const known = this.#compiled.get(key);
    if (known) return known;
    const compiled = this.#build(inputs, stateTensors);
    this.#compiled.set(key, compiled);
    compiled.catch(() => this.#compiled.delete(key)); // a failure may be of the moment (memory); the next call tries again
    return compiled;
  }

  async #build(inputs: NamedTensors, state: NamedTensors): Promise<Compiled> {
    const graph = traceProgram({ spec: this.#spec, inputs: signatureOf(inputs), state: signatureOf(state) });
    const packed = this.#spec.weights === 'packed';
    rewriteGraph(graph, { packed });
    const weights = packed ? {} : lendWeights(graph, this.#settings.device);
    const names = [...graph.outputs.keys()];
    const withPrefix = (prefix: string) =>
      names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    const session = await createSession(graph, this.#settings);
    return {
      session,
      outputs: withPrefix(borderNames.output('')),
      newState: withPrefix(borderNames.newState('')),
      weights,
    };
  }
}

const shapeKey = (tensors: NamedTensors) =>
  Object.keys(tensors)
    .sort()
    .map((name) => [name, tensors[name]!.dtype, tensors[name]!.shape]);

import * as tf from '@tensorflow/tfjs-core';
import { InvalidValueError, TraceError } from '@medlego/errors';
import type { HostTensor, NamedTensors } from '@medlego/tensors';
import { assertPureResult } from '../checked-result.ts';
import type { EngineState, Program, ProgramSpec, PureResult } from '../engine.ts';
import type { ValueInfo } from '../ir/types.ts';
import { withTfBackend } from '../trace/with-tf-backend.ts';
import { SerialQueue } from '../serial-queue.ts';
import type { EagerConstants } from './constants.ts';
import { EagerState } from './state.ts';
import { fromTf, toTf } from './tensors.ts';

/** Runs a pure function again at each call, on one tfjs backend. */
export class EagerProgram implements Program {
  readonly #spec: ProgramSpec;
  readonly #backend: string;
  readonly #constants: EagerConstants;
  readonly #queue = new SerialQueue();
  #disposed = false;

  constructor(spec: ProgramSpec, backend: string, constants: EagerConstants) {
    this.#spec = spec;
    this.#backend = backend;
    this.#constants = constants;
    constants.acquire(spec.constants);
  }

  run(inputs: NamedTensors, state?: EngineState): Promise<NamedTensors> {
    return this.#queue.run(() => this.#run(inputs, state));
  }

  async dispose(): Promise<void> {
    await this.#queue.idle();
    if (!this.#disposed) this.#constants.release(this.#spec.constants);
    this.#disposed = true;
  }

  async #run(inputs: NamedTensors, state: EngineState | undefined): Promise<NamedTensors> {
    const live = this.#checked(state);
    const { outputs, next } = withTfBackend(this.#backend, () => this.#call(inputs, live));
    const owned = new Set([...Object.values(outputs), ...Object.values(next)]);
    try {
      const read: [string, HostTensor][] = [];
      for (const [name, tensor] of Object.entries(outputs)) read.push([name, await fromTf(tensor)]);
      for (const [name, tensor] of Object.entries(next)) {
        live!.replace(name, tensor);
        owned.delete(tensor);
      }
      return Object.fromEntries(read);
    } finally {
      for (const tensor of owned) tensor.dispose();
    }
  }

  /** The function in a tidy: what it returns is ours, everything else is gone. */
  #call(inputs: NamedTensors, live: EagerState | undefined): { outputs: tf.NamedTensorMap; next: tf.NamedTensorMap } {
    const before = tf.engine().state.numTensors;
    const given = live ? Object.fromEntries(live.tensors) : {};
    const constants = this.#constants.get(this.#spec.constants);
    const kept = tf.tidy(() => {
      const fed = Object.entries(inputs).map(([name, tensor]) => [name, toTf(name, tensor)] as const);
      const result: PureResult = this.#spec.fn({ constants, state: given, inputs: Object.fromEntries(fed) });
      assertPureResult(this.#spec.name, result, given as unknown as Record<string, ValueInfo>);
      // Clones, since a function may return a constant, or one tensor twice; they share the data.
      return { outputs: clones(result.outputs), next: clones(result.state ?? {}) };
    });
    const expected = Object.keys(kept.outputs).length + Object.keys(kept.next).length;
    const leaked = tf.engine().state.numTensors - before - expected;
    if (leaked <= 0) return kept;
    tf.dispose([kept.outputs, kept.next]);
    throw new TraceError({
      program: this.#spec.name,
      problem: `leaves ${leaked} tensors behind (tf.keep or tf.variable); a pure function may keep nothing`,
    });
  }

  #checked(state: EngineState | undefined): EagerState | undefined {
    if (this.#disposed)
      throw new InvalidValueError({
        field: `program ${this.#spec.name}`,
        expected: 'a live program',
        actual: 'a disposed one',
      });
    if (state === undefined || (state instanceof EagerState && state.backend === this.#backend)) return state;
    throw new InvalidValueError({
      field: 'state',
      expected: 'a state made by this engine',
      actual: state.constructor.name,
    });
  }
}

const clones = (tensors: Readonly<Record<string, tf.Tensor>>): tf.NamedTensorMap =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.clone(tensor)]));

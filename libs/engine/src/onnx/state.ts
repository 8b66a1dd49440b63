import type * as ort from 'onnxruntime-node';
import { InvalidValueError } from '@medlego/errors';
import type { HostTensor, NamedTensors } from '@medlego/tensors';
import type { EngineState } from '../engine.ts';
import { assertStateDType, assertWritable } from '../state.ts';
import { fromOrt, toOrt } from './tensor.ts';

/**
 * Tensors that a graph reads and writes. Each entry that is written has two buffers that take turns, so that the new value is
 * computed next to the old one and nothing is copied or allocated from step to step.
 */
export class OnnxState implements EngineState {
  readonly #current = new Map<string, HostTensor>();
  readonly #tensors = new Map<string, ort.Tensor>();
  readonly #spare = new Map<string, ort.Tensor>();
  #disposed = false;

  constructor(tensors: NamedTensors) {
    for (const [name, tensor] of Object.entries(tensors)) {
      assertStateDType(name, tensor);
      this.#set(name, toOrt({ ...tensor, data: tensor.data.slice() } as HostTensor));
    }
  }

  /** Types and shapes; the values are those of the moment. */
  get entries(): ReadonlyMap<string, HostTensor> {
    this.#assertAlive();
    return this.#current;
  }

  tensor(name: string): ort.Tensor {
    return this.#tensors.get(name)!;
  }

  /** The buffer that the next value of an entry goes to. */
  spare(name: string): ort.Tensor {
    let spare = this.#spare.get(name);
    if (!spare) {
      const { dtype, shape, data } = this.#current.get(name)!;
      spare = toOrt({ dtype, shape, data: data.slice() } as HostTensor);
      this.#spare.set(name, spare);
    }
    return spare;
  }

  /** Makes the spare buffers of these entries the current ones. */
  swap(names: Iterable<string>): void {
    for (const name of names) {
      const old = this.#tensors.get(name)!;
      this.#set(name, this.spare(name));
      this.#spare.set(name, old);
    }
  }

  async read(): Promise<NamedTensors> {
    this.#assertAlive();
    return Object.fromEntries(
      [...this.#current].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() } as HostTensor]),
    );
  }

  async write(tensors: NamedTensors): Promise<void> {
    this.#assertAlive();
    assertWritable(this.#current, tensors);
    for (const [name, { data }] of Object.entries(tensors))
      (this.#current.get(name)!.data as Float32Array).set(data as Float32Array);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#current.clear();
    this.#tensors.clear();
    this.#spare.clear();
  }

  #set(name: string, tensor: ort.Tensor): void {
    this.#tensors.set(name, tensor);
    this.#current.set(name, fromOrt(tensor));
  }

  #assertAlive(): void {
    if (this.#disposed)
      throw new InvalidValueError({ field: 'state', expected: 'a live state', actual: 'a disposed one' });
  }
}

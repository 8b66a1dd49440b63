import type * as tf from '@tensorflow/tfjs-core';
import { InvalidValueError } from '@medlego/errors';
import type { HostTensor, NamedTensors } from '@medlego/tensors';
import type { EngineState } from '../engine.ts';
import type { ValueInfo } from '../ir/types.ts';
import { assertStateDType, assertWritable } from '../state.ts';
import { withTfBackend } from '../trace/with-tf-backend.ts';
import { fromTf, toTf } from './tensors.ts';

/** Tensors that stay on a tfjs backend between calls. */
export class EagerState implements EngineState {
  readonly #backend: string;
  readonly #tensors = new Map<string, tf.Tensor>();
  #disposed = false;

  constructor(backend: string, tensors: NamedTensors) {
    this.#backend = backend;
    withTfBackend(backend, () => {
      for (const [name, tensor] of Object.entries(tensors)) {
        assertStateDType(name, tensor);
        this.#tensors.set(name, toTf(name, tensor));
      }
    });
  }

  get tensors(): ReadonlyMap<string, tf.Tensor> {
    if (this.#disposed)
      throw new InvalidValueError({ field: 'state', expected: 'a live state', actual: 'a disposed one' });
    return this.#tensors;
  }

  get backend(): string {
    return this.#backend;
  }

  /** Takes ownership of new values and lets the old ones go. */
  replace(name: string, tensor: tf.Tensor): void {
    const old = this.#tensors.get(name);
    this.#tensors.set(name, tensor);
    if (old !== tensor) old?.dispose();
  }

  async read(): Promise<NamedTensors> {
    const entries: [string, HostTensor][] = [];
    for (const [name, tensor] of this.tensors) entries.push([name, await fromTf(tensor)]);
    return Object.fromEntries(entries);
  }

  async write(tensors: NamedTensors): Promise<void> {
    assertWritable(this.tensors as ReadonlyMap<string, unknown> as ReadonlyMap<string, ValueInfo>, tensors);
    withTfBackend(this.#backend, () => {
      for (const [name, tensor] of Object.entries(tensors)) this.replace(name, toTf(name, tensor));
    });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const tensor of this.#tensors.values()) tensor.dispose();
    this.#tensors.clear();
  }
}

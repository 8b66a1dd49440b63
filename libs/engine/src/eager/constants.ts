import type * as tf from '@tensorflow/tfjs-core';
import type { NamedTensors } from '@medlego/tensors';
import type { TensorMap } from '../engine.ts';
import { withTfBackend } from '../trace/with-tf-backend.ts';
import { toTf } from './tensors.ts';

/** Frozen weights on a backend, once for all programs that share one object of constants. */
export class EagerConstants {
  readonly #backend: string;
  readonly #held = new Map<NamedTensors, { tensors: Record<string, tf.Tensor>; users: number }>();

  constructor(backend: string) {
    this.#backend = backend;
  }

  acquire(constants: NamedTensors | undefined): void {
    if (!constants) return;
    const held = this.#held.get(constants);
    if (held) return void held.users++;
    const tensors = withTfBackend(this.#backend, () =>
      Object.fromEntries(Object.entries(constants).map(([name, tensor]) => [name, toTf(name, tensor)])),
    );
    this.#held.set(constants, { tensors, users: 1 });
  }

  get(constants: NamedTensors | undefined): TensorMap {
    return constants ? this.#held.get(constants)!.tensors : {};
  }

  release(constants: NamedTensors | undefined): void {
    const held = constants && this.#held.get(constants);
    if (!held || --held.users > 0) return;
    for (const tensor of Object.values(held.tensors)) tensor.dispose();
    this.#held.delete(constants);
  }
}

import * as tf from '@tensorflow/tfjs-core';
import { MissingTensorError } from '@medlego/errors';
import { asFloat32, assertShape, float32, sizeOf, type HostTensor, type NamedTensors } from '@medlego/tensors';

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly size: number;
}

/** Where each named tensor lies in one flat vector: names in sorted order, row-major, without gaps. */
export class ParameterLayout {
  readonly entries: readonly Entry[];
  /** Number of parameters. */
  readonly size: number;

  constructor(tensors: NamedTensors) {
    this.entries = Object.keys(tensors)
      .sort()
      .map((name) => ({ name, shape: tensors[name]!.shape, size: sizeOf(tensors[name]!.shape) }));
    this.size = this.entries.reduce((total, entry) => total + entry.size, 0);
  }

  /** [size] float32, a copy. @throws MissingTensorError, ShapeMismatchError, InvalidValueError for another dtype */
  flatten(tensors: NamedTensors): HostTensor<'float32'> {
    const flat = new Float32Array(this.size);
    let offset = 0;
    for (const { name, shape, size } of this.entries) {
      const tensor = tensors[name];
      if (!tensor) throw new MissingTensorError({ param: name, source: 'trainable parameters' });
      assertShape(name, shape, tensor.shape);
      flat.set(asFloat32(name, tensor).data, offset);
      offset += size;
    }
    return float32([this.size], flat);
  }

  /** The tensors of a flat vector, copied. */
  unflatten(flat: HostTensor): NamedTensors {
    assertShape('flat parameters', [this.size], flat.shape);
    const data = asFloat32('flat parameters', flat).data;
    let offset = 0;
    return Object.fromEntries(
      this.entries.map(({ name, shape, size }) => {
        const part = data.slice(offset, (offset += size));
        return [name, float32(shape, part)];
      }),
    );
  }

  /** The same for a tfjs vector, differentiable. flat [size]; one operator for all cuts. */
  split(flat: tf.Tensor): Record<string, tf.Tensor> {
    const parts =
      this.entries.length === 1
        ? [flat]
        : tf.split(
            flat as tf.Tensor1D,
            this.entries.map((entry) => entry.size),
          );
    return Object.fromEntries(
      this.entries.map(({ name, shape }, i) => [
        name,
        shape.length === 1 ? parts[i]! : tf.reshape(parts[i]!, [...shape]),
      ]),
    );
  }

  /** One vector of named tfjs tensors. Returns [size]. */
  join(tensors: Readonly<Record<string, tf.Tensor>>): tf.Tensor1D {
    const parts = this.entries.map(({ name }) => tf.reshape(tensors[name]!, [-1]) as tf.Tensor1D);
    return parts.length === 1 ? parts[0]! : tf.concat1d(parts);
  }

  /** [size] with `value(name, shape)` for every entry of a tensor; null if all are equal to `neutral`. */
  fill(value: (name: string, shape: readonly number[]) => number, neutral: number): HostTensor<'float32'> | null {
    const flat = new Float32Array(this.size);
    let offset = 0;
    for (const { name, shape, size } of this.entries) flat.fill(value(name, shape), offset, (offset += size));
    return flat.every((entry) => entry === neutral) ? null : float32([this.size], flat);
  }
}

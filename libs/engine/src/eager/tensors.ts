import * as tf from '@tensorflow/tfjs-core';
import type { DType, HostTensor } from '@medlego/tensors';
import { symDType } from '../trace/bind.ts';

/** A tfjs tensor on the active backend; 8 and 64 bit integers become int32, as in traced functions. Owned by the caller. */
export function toTf(name: string, { dtype, shape, data }: HostTensor): tf.Tensor {
  const wanted = symDType(name, dtype);
  const values =
    data instanceof BigInt64Array
      ? Int32Array.from(data, Number)
      : wanted === 'int32'
        ? Int32Array.from(data as Int32Array)
        : data.slice();
  return tf.tensor(values as Float32Array, [...shape], wanted);
}

/** Copies to main memory. */
export async function fromTf(tensor: tf.Tensor): Promise<HostTensor> {
  const data = await tensor.data();
  return { dtype: tensor.dtype as DType, shape: [...tensor.shape], data: data.slice() as Float32Array } as HostTensor;
}

import * as ort from 'onnxruntime-node';
import type { DType, HostTensor } from '@medlego/tensors';

/** Our dtypes have ONNX Runtime's names. */
export function toOrt({ dtype, shape, data }: HostTensor): ort.Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, shape);
}

/** Shares the data. */
export function fromOrt(tensor: ort.Tensor): HostTensor {
  return { dtype: tensor.type as DType, shape: tensor.dims, data: tensor.data as Float32Array } as HostTensor;
}

import { InvalidValueError, NonFiniteError, ShapeMismatchError } from '@medlego/errors';

/** Element types as we hold them in memory. float16 and bfloat16 exist on disk only and are widened when read. */
export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'uint8' | 'bool';

export interface DTypeArrays {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

/** A tensor in main memory, row-major. Immutable by convention: who gets one does not write to `data`. */
export interface HostTensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DTypeArrays[D];
}

/** Tensors by name; names of checkpoints stay exactly the field's (`blocks.0.attn.qkv.weight`). */
export type NamedTensors = Readonly<Record<string, HostTensor>>;

/** Number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

export function hostTensor<D extends DType>(dtype: D, shape: readonly number[], data: DTypeArrays[D]): HostTensor<D> {
  if (data.length !== sizeOf(shape))
    throw new ShapeMismatchError({ param: `${dtype} tensor data`, expected: shape, actual: [data.length] });
  return { dtype, shape, data };
}

/** A float32 tensor; `data` may be any list of numbers and is copied unless it is a Float32Array. */
export const float32 = (shape: readonly number[], data: Float32Array | ArrayLike<number>): HostTensor<'float32'> =>
  hostTensor('float32', shape, data instanceof Float32Array ? data : Float32Array.from(data));

/** Narrows to float32 or throws InvalidValueError naming `param`. */
export function asFloat32(param: string, tensor: HostTensor): HostTensor<'float32'> {
  if (tensor.dtype !== 'float32')
    throw new InvalidValueError({ field: `${param}.dtype`, expected: 'float32', actual: tensor.dtype });
  return tensor as HostTensor<'float32'>;
}

/** Throws ShapeMismatchError unless both shapes agree in every axis. */
export function assertShape(param: string, expected: readonly number[], actual: readonly number[]): void {
  if (expected.length !== actual.length || expected.some((dim, axis) => dim !== actual[axis]))
    throw new ShapeMismatchError({ param, expected, actual });
}

/** Throws NonFiniteError at the first NaN or infinity of a floating-point tensor. */
export function assertFinite(param: string, tensor: HostTensor): void {
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float64') return;
  const data = tensor.data as Float32Array | Float64Array;
  for (let index = 0; index < data.length; index++)
    if (!Number.isFinite(data[index])) throw new NonFiniteError({ param, index, value: String(data[index]) });
}

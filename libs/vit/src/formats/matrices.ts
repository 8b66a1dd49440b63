import { InvalidValueError } from '@medlego/errors';
import { assertFinite, assertShape, float32, type HostTensor } from '@medlego/tensors';

/** A finite float32 tensor: float64 is rounded, other types are refused. @throws InvalidValueError, NonFiniteError */
export function widen(param: string, tensor: HostTensor): HostTensor<'float32'> {
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float64')
    throw new InvalidValueError({ field: `${param}.dtype`, expected: 'a floating-point type', actual: tensor.dtype });
  assertFinite(param, tensor);
  return tensor.dtype === 'float32'
    ? (tensor as HostTensor<'float32'>)
    : float32(tensor.shape, Float32Array.from(tensor.data as Float64Array));
}

/** Tensors one under another; all axes but the first must agree. @throws ShapeMismatchError naming `param` */
export function concatRows(tensors: readonly HostTensor<'float32'>[], param: string): HostTensor<'float32'> {
  const [, ...rest] = tensors[0]!.shape;
  for (const { shape } of tensors) assertShape(param, [shape[0] ?? 0, ...rest], shape);
  const data = new Float32Array(tensors.reduce((size, tensor) => size + tensor.data.length, 0));
  let offset = 0;
  for (const tensor of tensors) {
    data.set(tensor.data, offset);
    offset += tensor.data.length;
  }
  return float32([tensors.reduce((rows, { shape }) => rows + shape[0]!, 0), ...rest], data);
}

/** Rows `first` to `first + count` of a tensor, copied. */
export function sliceRows(tensor: HostTensor<'float32'>, first: number, count: number): HostTensor<'float32'> {
  const [rows = 0, ...rest] = tensor.shape;
  const stride = rows === 0 ? 0 : tensor.data.length / rows;
  return float32([count, ...rest], tensor.data.slice(first * stride, (first + count) * stride));
}

/** [rows, columns] to [columns, rows], copied. */
export function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result[c * rows + r] = data[r * columns + c]!;
  return result;
}

import { assertShape, type HostTensor, type NamedTensors } from '@medlego/tensors';

/** A head under our names. weight [labels, dim], bias [labels]. @throws ShapeMismatchError */
export function readHead(
  dim: number,
  weight: HostTensor<'float32'>,
  bias: HostTensor<'float32'>,
  source: string,
): NamedTensors {
  const labels = weight.shape[0] ?? 0;
  assertShape(`${source}: head.weight`, [Math.max(labels, 1), dim], weight.shape);
  assertShape(`${source}: head.bias`, [labels], bias.shape);
  return { 'head.weight': weight, 'head.bias': bias };
}

import { InvalidValueError, MissingTensorError } from '@medlego/errors';
import { assertShape, type HostTensor, type NamedTensors } from '@medlego/tensors';
import type { ValueInfo } from './ir/types.ts';

/** A state keeps the names, shapes and dtypes that it was created with. @throws ShapeMismatchError, InvalidValueError, MissingTensorError */
export function assertWritable(current: ReadonlyMap<string, ValueInfo>, tensors: NamedTensors): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    const known = current.get(name);
    if (!known) throw new MissingTensorError({ param: name, source: 'engine state' });
    assertShape(`state ${name}`, known.shape, tensor.shape);
    if (known.dtype !== tensor.dtype)
      throw new InvalidValueError({ field: `state ${name}.dtype`, expected: known.dtype, actual: tensor.dtype });
  }
}

/** State is float32, int32 or bool: what a traced function can return. */
export function assertStateDType(name: string, { dtype }: HostTensor): void {
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
    throw new InvalidValueError({ field: `state ${name}.dtype`, expected: 'float32, int32 or bool', actual: dtype });
}

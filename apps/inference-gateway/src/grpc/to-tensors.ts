import { InvalidValueError } from '@medlego/errors';
import { parseRaw, unknownType } from '../inputs/binary.ts';
import type { WireTensor } from '../inputs/tensor.ts';
import type { ModelInferRequest } from './messages.ts';

const fields = { UINT8: 'uint_contents', FP32: 'fp32_contents', BYTES: 'bytes_contents' } as const;

/** @throws InvalidValueError where raw and typed contents are mixed or do not match the inputs, ShapeMismatchError */
export function toTensors({ inputs, raw_input_contents: raw }: ModelInferRequest): WireTensor[] {
  if (raw.length > 0 && raw.length !== inputs.length)
    throw new InvalidValueError({
      field: 'raw_input_contents',
      expected: `${inputs.length} entries`,
      actual: raw.length,
    });
  return inputs.map(({ name, datatype, shape, contents }, i) => {
    const field = fields[datatype as keyof typeof fields];
    if (field === undefined) throw unknownType(name, datatype);
    if (raw.length === 0) return { name, datatype, shape, data: contents?.[field] ?? [] };
    if (contents && Object.values(contents).some((values: ArrayLike<unknown>) => values.length > 0))
      throw new InvalidValueError({
        field: `input ${name}.contents`,
        expected: 'nothing beside raw_input_contents',
        actual: 'typed contents',
      });
    return { name, datatype, shape, data: parseRaw(name, datatype, shape, raw[i]!) };
  });
}

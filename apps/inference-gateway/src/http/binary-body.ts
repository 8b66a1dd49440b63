import { InvalidValueError } from '@medlego/errors';
import { parseRaw } from '../inputs/binary.ts';
import type { WireTensor } from '../inputs/tensor.ts';

export interface InferBody {
  readonly id?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly inputs: readonly WireTensor[];
  readonly outputs: readonly { readonly name: string; readonly binary: boolean }[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * An inference request of the REST protocol: JSON, or JSON of `headerLength` bytes with raw tensors behind it in the order of the inputs.
 * @throws InvalidValueError naming the field
 */
export function parseInferBody(body: Uint8Array, headerLength: number | undefined): InferBody {
  if (
    headerLength !== undefined &&
    !(Number.isInteger(headerLength) && headerLength >= 0 && headerLength <= body.length)
  )
    throw new InvalidValueError({
      field: 'Inference-Header-Content-Length',
      expected: `0 to ${body.length} bytes`,
      actual: headerLength,
    });
  const header = body.subarray(0, headerLength ?? body.length);
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header));
  } catch {
    throw new InvalidValueError({
      field: 'body',
      expected: 'JSON',
      actual: `${header.length} bytes of something else`,
    });
  }
  const fields = asFields('body', document);
  const parameters = asFields('parameters', fields['parameters'] ?? {});
  let at = header.length;
  const inputs = asList('inputs', fields['inputs']).map((entry, i): WireTensor => {
    const input = asFields(`inputs[${i}]`, entry);
    const name = asText(`inputs[${i}].name`, input['name']);
    const datatype = asText(`input ${name}.datatype`, input['datatype']);
    const shape = asList(`input ${name}.shape`, input['shape']).map((size) => {
      if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
      throw new InvalidValueError({ field: `input ${name}.shape`, expected: 'whole numbers', actual: String(size) });
    });
    const size = asFields(`input ${name}.parameters`, input['parameters'] ?? {})['binary_data_size'];
    if (size === undefined) return { name, datatype, shape, data: jsonData(name, datatype, input['data']) };
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || at + size > body.length)
      throw new InvalidValueError({
        field: `input ${name}.parameters.binary_data_size`,
        expected: `at most the ${body.length - at} bytes that follow`,
        actual: String(size),
      });
    at += size;
    return { name, datatype, shape, data: parseRaw(name, datatype, shape, body.subarray(at - size, at)) };
  });
  if (at !== body.length)
    throw new InvalidValueError({ field: 'body', expected: `${at} bytes`, actual: `${body.length} bytes` });
  const allBinary = parameters['binary_data_output'] === true;
  const outputs = asList('outputs', fields['outputs'] ?? []).map((entry, i) => {
    const output = asFields(`outputs[${i}]`, entry);
    const binary = asFields(`outputs[${i}].parameters`, output['parameters'] ?? {})['binary_data'];
    return {
      name: asText(`outputs[${i}].name`, output['name']),
      binary: binary === undefined ? allBinary : binary === true,
    };
  });
  return { id: fields['id'] === undefined ? undefined : asText('id', fields['id']), parameters, inputs, outputs };
}

/** JSON numbers, flat or nested; BYTES as base64 text. */
function jsonData(name: string, datatype: string, value: unknown): WireTensor['data'] {
  const flat = asList(`input ${name}.data`, value).flat(8);
  if (datatype === 'BYTES')
    return flat.map((text) => new Uint8Array(Buffer.from(asText(`input ${name}.data`, text), 'base64')));
  const wrong = flat.find((item) => typeof item !== 'number');
  if (wrong !== undefined)
    throw new InvalidValueError({ field: `input ${name}.data`, expected: 'numbers', actual: typeof wrong });
  return flat as number[];
}

function asFields(field: string, value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new InvalidValueError({ field, expected: 'an object', actual: typeof value });
}

function asList(field: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new InvalidValueError({ field, expected: 'a list', actual: typeof value });
}

function asText(field: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new InvalidValueError({ field, expected: 'text', actual: typeof value });
}

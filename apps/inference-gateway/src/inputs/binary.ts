import { InvalidValueError, ShapeMismatchError } from '@medlego/errors';
import type { WireData } from './tensor.ts';

const widths = { UINT8: 1, FP32: 4 } as const;

/**
 * Raw little-endian contents of a tensor: `raw_input_contents` in gRPC, the binary extension in REST. BYTES elements have a 4-byte
 * length each before them.
 * @throws InvalidValueError, ShapeMismatchError where the bytes are not those of the shape
 */
export function parseRaw(name: string, datatype: string, shape: readonly number[], bytes: Uint8Array): WireData {
  const count = shape.reduce((product, size) => product * size, 1);
  if (datatype === 'BYTES') return parseElements(name, count, bytes);
  const width = widths[datatype as keyof typeof widths];
  if (width === undefined) throw unknownType(name, datatype);
  if (bytes.byteLength !== count * width)
    throw new ShapeMismatchError({ param: `${name} (bytes)`, expected: [count * width], actual: [bytes.byteLength] });
  return datatype === 'UINT8' ? bytes : new Float32Array(bytes.slice().buffer);
}

export const unknownType = (name: string, datatype: string): InvalidValueError =>
  new InvalidValueError({ field: `input ${name}.datatype`, expected: 'UINT8, FP32 or BYTES', actual: datatype });

function parseElements(name: string, count: number, bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Uint8Array[] = [];
  let at = 0;
  while (at + 4 <= bytes.byteLength && elements.length < count) {
    const end = at + 4 + view.getUint32(at, true);
    if (end > bytes.byteLength) break;
    elements.push(bytes.subarray(at + 4, end));
    at = end;
  }
  if (at !== bytes.byteLength || elements.length !== count)
    throw new InvalidValueError({
      field: `input ${name}`,
      expected: `${count} elements of a 4-byte length and that many bytes`,
      actual: `${elements.length} elements in ${bytes.byteLength} bytes`,
    });
  return elements;
}

/** float32 as little-endian bytes, as all machines that Node runs on keep it; shares memory. */
export const rawOf = (data: Float32Array): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

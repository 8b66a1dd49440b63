import { FileFormatError } from '@medlego/errors';

/** Element types of `.npy` files that we read: little-endian or single-byte. */
export const npyTypes = {
  '|u1': { bytes: 1, array: Uint8Array },
  '|b1': { bytes: 1, array: Uint8Array },
  '|i1': { bytes: 1, array: Int8Array },
  '<u2': { bytes: 2, array: Uint16Array },
  '<i2': { bytes: 2, array: Int16Array },
  '<u4': { bytes: 4, array: Uint32Array },
  '<i4': { bytes: 4, array: Int32Array },
  '<u8': { bytes: 8, array: BigUint64Array },
  '<i8': { bytes: 8, array: BigInt64Array },
  '<f4': { bytes: 4, array: Float32Array },
  '<f8': { bytes: 8, array: Float64Array },
} as const;
export type NpyType = keyof typeof npyTypes;

export interface NpyHeader {
  readonly descr: NpyType;
  readonly shape: readonly number[];
  /** Where the data begins, in bytes from the start of the file. */
  readonly dataOffset: number;
  /** Bytes that shape and type ask for. */
  readonly dataBytes: number;
}

/** A header is one short line; more than this is no header that NumPy wrote. */
export const maxHeaderBytes = 16 * 1024;

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const dictionary = /^\{(?:\s*'(?:descr|fortran_order|shape)'\s*:\s*(?:'[^']*'|True|False|\([0-9,\s]*\))\s*,?){3}\s*\}\s*$/;

/**
 * Reads the head of an `.npy` file, versions 1.0 and 2.0 (NumPy's `numpy.lib.format`).
 *
 * @param bytes the file's beginning
 * @returns undefined if `bytes` end before the header does
 * @throws FileFormatError for anything but a C-ordered array of a plain type
 */
export function parseNpyHeader(bytes: Uint8Array, file: string): NpyHeader | undefined {
  if (bytes.length < 10) return undefined;
  if (magic.some((byte, index) => bytes[index] !== byte))
    throw new FileFormatError({ file, expected: 'an .npy array (\\x93NUMPY)', actual: `bytes ${hex(bytes.subarray(0, 6))}` });
  const version = `${bytes[6]}.${bytes[7]}`;
  if (version !== '1.0' && version !== '2.0')
    throw new FileFormatError({ file, expected: '.npy version 1.0 or 2.0', actual: version });
  const textOffset = version === '1.0' ? 10 : 12;
  if (bytes.length < textOffset) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const textBytes = version === '1.0' ? view.getUint16(8, true) : view.getUint32(8, true);
  if (textBytes > maxHeaderBytes)
    throw new FileFormatError({ file, expected: `an .npy header of at most ${maxHeaderBytes} bytes`, actual: `${textBytes}` });
  const dataOffset = textOffset + textBytes;
  if (bytes.length < dataOffset) return undefined;
  return { dataOffset, ...parseDictionary(Buffer.from(bytes.subarray(textOffset, dataOffset)).toString('latin1'), file) };
}

function parseDictionary(text: string, file: string): Omit<NpyHeader, 'dataOffset'> {
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape'\s*:\s*\(([0-9,\s]*)\)/.exec(text)?.[1];
  if (!dictionary.test(text) || descr === undefined || order === undefined || dims === undefined)
    throw new FileFormatError({
      file,
      expected: "an .npy header with 'descr', 'fortran_order' and 'shape'",
      actual: text.trim().slice(0, 120),
    });
  if (!isNpyType(descr))
    throw new FileFormatError({ file, expected: `an element type out of ${Object.keys(npyTypes).join(' ')}`, actual: descr });
  if (order === 'True')
    throw new FileFormatError({ file, expected: 'C order', actual: 'Fortran order (save numpy.ascontiguousarray of it)' });
  const shape = dims.split(',').map((dim) => dim.trim()).filter((dim) => dim !== '').map(Number);
  const dataBytes = shape.reduce((product, dim) => product * dim, npyTypes[descr].bytes);
  if (!Number.isSafeInteger(dataBytes))
    throw new FileFormatError({ file, expected: 'a shape that fits into memory', actual: `(${shape.join(', ')})` });
  return { descr, shape, dataBytes };
}

const isNpyType = (descr: string): descr is NpyType => Object.hasOwn(npyTypes, descr);

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** The header of a C-ordered array, padded with spaces so that the data begins at a multiple of 64 bytes. */
export function encodeNpyHeader(descr: NpyType, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padded = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = Buffer.alloc(10 + padded, ' ');
  bytes.set([...magic, 1, 0]);
  bytes.writeUInt16LE(padded, 8);
  bytes.write(text, 10, 'latin1');
  bytes[bytes.length - 1] = 0x0a;
  return bytes;
}

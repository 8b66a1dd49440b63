import { ImageDecodeError } from '@medlego/errors';
import { type DataSet } from 'dicom-parser';

export interface TableTags {
  /** Tag of the descriptor: entries, first value mapped, bits of an entry. */
  readonly descriptor: string;
  readonly data: string;
  /** Whether the first value mapped is signed. */
  readonly isSigned: boolean;
  readonly isBigEndian: boolean;
  /** For messages, such as "a palette". */
  readonly what: string;
}

export interface LookupTable {
  /** Values before the first entry take the first, values after the last take the last. */
  readonly lookUp: (value: number) => number;
  /** Bits that entries have. */
  readonly bits: number;
}

/** A lookup table of the file. @throws ImageDecodeError Source: DICOM PS3.3, C.7.6.3.1.5 and C.11.1.1. */
export function readTable(dataSet: DataSet, tags: TableTags, file: string): LookupTable {
  const { descriptor, data, what, isBigEndian } = tags;
  const element = dataSet.elements[data];
  const size = dataSet.uint16(descriptor, 0);
  const bits = dataSet.uint16(descriptor, 2);
  if (!element || size === undefined || bits === undefined || bits < 8 || bits > 16)
    throw new ImageDecodeError({
      file,
      expected: `${what} of 8 to 16 bits (${data})`,
      actual: element ? `${bits ?? 'unknown'} bits` : 'none that can be read',
    });
  const entries = size === 0 ? 65536 : size;
  const first = (tags.isSigned ? dataSet.int16(descriptor, 1) : dataSet.uint16(descriptor, 1)) ?? 0;
  const bytesPerEntry = element.length >= entries * 2 ? 2 : 1;
  const isShort = element.length < entries * bytesPerEntry;
  if (isShort || element.dataOffset + element.length > dataSet.byteArray.length)
    throw new ImageDecodeError({ file, expected: `${what} of ${entries} entries`, actual: `${element.length} bytes` });
  const view = new DataView(dataSet.byteArray.buffer, dataSet.byteArray.byteOffset + element.dataOffset, element.length);
  const mask = 2 ** bits - 1;
  const narrowed = bits > 8 && bytesPerEntry === 1; // 8 bits in spite of what it says
  const values = Uint16Array.from({ length: entries }, (_, index) => {
    if (bytesPerEntry === 2) return view.getUint16(index * 2, !isBigEndian) & mask;
    return view.getUint8(index);
  });
  return {
    lookUp: (value) => values[Math.min(entries - 1, Math.max(0, Math.round(value) - first))]!,
    bits: narrowed ? 8 : bits,
  };
}

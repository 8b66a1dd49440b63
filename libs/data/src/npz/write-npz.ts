import { crc32, deflateRawSync } from 'node:zlib';
import { InvalidValueError } from '@medlego/errors';
import { writeFileAtomic } from '@medlego/tensors';
import { encodeNpyHeader, npyTypes, type NpyType } from './npy-header.ts';
import { type NpyArray } from './read-npz.ts';

export interface WriteNpzOptions {
  /** `deflate` (level 9) for files that are kept, `store` for caches that are read often. Default: `deflate`. */
  readonly compression?: 'deflate' | 'store';
}

/**
 * The bytes of a NumPy `.npz` archive, piece by piece. Entries carry the zip epoch as their time, so that equal arrays give
 * equal bytes with the same zlib.
 *
 * @throws InvalidValueError if data and shape disagree, or the archive would need zip64 (4 GiB)
 */
export function encodeNpz(
  arrays: Readonly<Record<string, NpyArray>>,
  { compression = 'deflate' }: WriteNpzOptions = {},
): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, array] of Object.entries(arrays)) {
    const fileName = Buffer.from(`${name}.npy`);
    const content = npyBytes(name, array);
    const packed = compression === 'deflate' ? [deflateRawSync(Buffer.concat(content), { level: 9, memLevel: 9 })] : content;
    const packedBytes = byteLength(packed);
    const fields = Buffer.alloc(26); // from "version needed" to "extra length"; the same in both headers
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(compression === 'deflate' ? 8 : 0, 4);
    fields.writeUInt16LE(0x21, 8); // 1 January 1980
    fields.writeUInt32LE(checksumOf(content), 10);
    fields.writeUInt32LE(packedBytes, 14);
    fields.writeUInt32LE(byteLength(content), 18);
    fields.writeUInt16LE(fileName.length, 22);
    const local = Buffer.concat([signature(0x04034b50), fields, fileName]);
    const position = Buffer.alloc(14); // comment length, disk, attributes: 0
    position.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([signature(0x02014b50), Buffer.from([20, 0]), fields, position, fileName]));
    pieces.push(local, ...packed);
    offset += local.length + packedBytes;
    assertFits(offset);
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(byteLength(directory), 8);
  end.writeUInt32LE(offset, 12);
  return [...pieces, ...directory, signature(0x06054b50), end];
}

/** Writes an `.npz` archive in one piece or not at all. @throws DiskFullError, AccessDeniedError, InvalidValueError */
export async function writeNpz(
  path: string,
  arrays: Readonly<Record<string, NpyArray>>,
  options: WriteNpzOptions = {},
): Promise<void> {
  await writeFileAtomic(path, encodeNpz(arrays, options), { what: 'data set' });
}

function npyBytes(name: string, { descr, shape, data }: NpyArray): Uint8Array[] {
  const expected = shape.reduce((product, dim) => product * dim, npyTypes[descr as NpyType].bytes);
  if (data.byteLength !== expected)
    throw new InvalidValueError({
      field: name,
      expected: `${expected} bytes for shape (${shape.join(', ')}) of ${descr}`,
      actual: data.byteLength,
    });
  return [encodeNpyHeader(descr, shape), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
}

/** Node's `crc32` answers 0 for no bytes, whatever the sum before them. */
const checksumOf = (pieces: readonly Uint8Array[]) =>
  pieces.filter((piece) => piece.length > 0).reduce((sum, piece) => crc32(piece, sum), 0);

const byteLength = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, piece) => sum + piece.length, 0);

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function assertFits(bytes: number): void {
  if (bytes > 0xffffffff)
    throw new InvalidValueError({ field: 'archive', expected: 'less than 4 GiB', actual: `${bytes} bytes` });
}

import { crc32 } from 'node:zlib';
import { throwIfStopped } from '@medlego/async';
import { AppError, ArchiveLimitError, FileFormatError, isSystemError, toAppError } from '@medlego/errors';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { npyTypes, parseNpyHeader, type NpyHeader, type NpyType } from './npy-header.ts';

export type NpyData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** An array as stored: row-major, little-endian. */
export interface NpyArray {
  readonly descr: NpyType;
  readonly shape: readonly number[];
  /** A typed array of `descr`'s type, as long as the shape asks for. */
  readonly data: NpyData;
}

/** What a file may ask for; a zip of a few kilobytes can otherwise unpack to any number of gigabytes. */
export interface NpzLimits {
  /** Entries in the archive. Default: 64. */
  readonly maxEntries: number;
  /** Bytes of all arrays that are read, unpacked. Default: 4 GiB. */
  readonly maxBytes: number;
  /** Unpacked over packed size of an entry above 16 MiB. Deflate reaches 1032; images of real things stay below 50. Default: 200. */
  readonly maxRatio: number;
}

export const defaultNpzLimits: NpzLimits = { maxEntries: 64, maxBytes: 4 * 2 ** 30, maxRatio: 200 };

const ratioMatters = 16 * 2 ** 20;

export interface ReadNpzOptions {
  /** Names (without `.npy`) of the arrays to read; the others are not unpacked. Default: all. */
  readonly keys?: readonly string[];
  readonly limits?: Partial<NpzLimits>;
  readonly signal?: AbortSignal;
}

export interface Npz {
  /** Names of all arrays in the file, in its order. */
  readonly names: readonly string[];
  /** The arrays that were asked for and are there. */
  readonly arrays: ReadonlyMap<string, NpyArray>;
}

/**
 * Reads arrays out of a NumPy `.npz` archive (stored or deflated, zip64 too). Each array is unpacked straight into its own
 * memory; sizes are checked before anything is allocated, the actual size and the CRC-32 while it is unpacked.
 *
 * @throws FileNotFoundError, ArchiveLimitError, FileFormatError (truncated, damaged, not an archive, not a plain array)
 */
export async function readNpz(path: string, { keys, limits, signal }: ReadNpzOptions = {}): Promise<Npz> {
  const allowed = { ...defaultNpzLimits, ...limits };
  const zip = await open(path);
  try {
    if (zip.entryCount > allowed.maxEntries)
      throw new ArchiveLimitError({
        file: path,
        entry: 'the archive',
        limit: 'entries',
        allowed: allowed.maxEntries,
        actual: zip.entryCount,
      });
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) if (entry.fileName.endsWith('.npy')) entries.push(entry);
    const wanted = entries.filter((entry) => keys === undefined || keys.includes(nameOf(entry)));
    assertWithinLimits(path, wanted, allowed);
    const arrays = new Map<string, NpyArray>();
    for (const entry of wanted) {
      throwIfStopped(signal, 'Reading the data set');
      arrays.set(nameOf(entry), await readEntry(zip, entry, path));
    }
    return { names: entries.map(nameOf), arrays };
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (isSystemError(error)) throw toAppError(error, { path, what: 'data set' });
    throw new FileFormatError(
      { file: path, expected: 'an undamaged .npz archive', actual: (error as Error).message },
      { cause: error },
    );
  } finally {
    zip.close();
  }
}

const nameOf = (entry: Entry) => entry.fileName.replace(/\.npy$/, '');

async function open(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { autoClose: false, validateEntrySizes: true });
  } catch (error) {
    if (isSystemError(error)) throw toAppError(error, { path, what: 'data set' });
    throw new FileFormatError(
      { file: path, expected: 'a complete .npz archive (zip)', actual: (error as Error).message },
      { cause: error },
    );
  }
}

function assertWithinLimits(file: string, entries: readonly Entry[], { maxBytes, maxRatio }: NpzLimits): void {
  let total = 0;
  for (const { fileName: entry, uncompressedSize, compressedSize } of entries) {
    total += uncompressedSize;
    if (total > maxBytes)
      throw new ArchiveLimitError({ file, entry, limit: 'total bytes', allowed: maxBytes, actual: total });
    const ratio = Math.round(uncompressedSize / Math.max(1, compressedSize));
    if (uncompressedSize > ratioMatters && ratio > maxRatio)
      throw new ArchiveLimitError({ file, entry, limit: 'compression ratio', allowed: maxRatio, actual: ratio });
  }
}

async function readEntry(zip: ZipFile, entry: Entry, path: string): Promise<NpyArray> {
  const file = `${path}, ${entry.fileName}`;
  if (entry.isEncrypted()) throw new FileFormatError({ file, expected: 'a plain entry', actual: 'an encrypted one' });
  let head: Uint8Array = new Uint8Array(0);
  let header: NpyHeader | undefined;
  let data = new Uint8Array(0);
  let filled = 0;
  let checksum = 0;
  for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
    checksum = crc32(chunk, checksum);
    let body: Uint8Array = chunk;
    if (!header) {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      header = parseNpyHeader(head, file);
      if (!header) continue;
      assertSize(file, header, entry.uncompressedSize - header.dataOffset);
      data = new Uint8Array(header.dataBytes);
      body = head.subarray(header.dataOffset);
    }
    data.set(body, filled);
    filled += body.length;
  }
  if (!header) throw new FileFormatError({ file, expected: 'an .npy header', actual: `the end after ${head.length} bytes` });
  if (checksum !== entry.crc32)
    throw new FileFormatError({ file, expected: `CRC-32 ${entry.crc32.toString(16)}`, actual: checksum.toString(16) });
  const { descr, shape } = header;
  return { descr, shape, data: new npyTypes[descr].array(data.buffer) };
}

function assertSize(file: string, { shape, descr, dataBytes }: NpyHeader, actual: number): void {
  if (actual !== dataBytes)
    throw new FileFormatError({
      file,
      expected: `${dataBytes} bytes for shape (${shape.join(', ')}) of ${descr}`,
      actual: `${actual} bytes`,
    });
}


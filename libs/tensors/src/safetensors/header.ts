import { FileFormatError, UnsafeFormatError } from '@medlego/errors';
import { isDiskDType, readableDTypes, type DiskDType } from '../dtype.ts';
import { countJsonMembers } from './json-members.ts';

/** The format's own limit on the JSON header, in bytes. */
export const maxHeaderBytes = 100_000_000;

export interface TensorEntry {
  readonly name: string;
  readonly diskDType: DiskDType;
  readonly shape: readonly number[];
  /** First byte and one past the last, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Length of the JSON header from the first eight bytes (little-endian u64).
 * @throws FileFormatError if there are fewer, or if the length exceeds the format's limit or the file; UnsafeFormatError for a pickle
 */
export function parseHeaderLength(prefix: Uint8Array, fileBytes: number, label: string): number {
  const refuse = (expected: string, actual: string) => new FileFormatError({ file: label, expected, actual });
  if (prefix.length < 8) throw refuse('safetensors: at least 8 bytes', `${prefix.length}`);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (isZip(prefix) || (length > maxHeaderBytes && isPickle(prefix)))
    throw new UnsafeFormatError(
      { file: label, format: 'PyTorch pickle', expected: 'safetensors' },
      { hint: 'Reading a pickle can run code; save it with safetensors.torch.save_file first.' },
    );
  if (length > maxHeaderBytes) throw refuse(`safetensors: a header of at most ${maxHeaderBytes} bytes`, `${length}`);
  if (length > fileBytes - 8) throw refuse(`${8 + length} bytes or more`, `${fileBytes} (is it truncated?)`);
  return length;
}

/** Checks every claim of the header against the others and against the bytes that follow it. @throws FileFormatError */
export function parseHeader(header: Uint8Array, dataBytes: number, label: string): SafetensorsHeader {
  const refuse = (expected: string, actual: string) => new FileFormatError({ file: label, expected, actual });

  const { __metadata__: rawMetadata, ...rawTensors } = parseJson(header, label);
  const metadata = parseMetadata(rawMetadata, label);
  const entries = Object.entries(rawTensors).map(([name, raw]) => parseEntry(name, raw, label));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);

  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered)
      throw refuse(
        `tensor ${preview(name)} to begin at byte ${covered}`,
        `${begin} (${begin < covered ? 'it overlaps another' : 'there is a hole before it'})`,
      );
    covered = end;
  }
  if (covered !== dataBytes)
    throw refuse(`${covered} bytes of tensor data`, `${dataBytes}${dataBytes < covered ? ' (is it truncated?)' : ''}`);
  return { entries, metadata };
}

function parseJson(header: Uint8Array, label: string): Record<string, unknown> {
  let text: string;
  let document: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
    document = JSON.parse(text);
  } catch (cause) {
    throw new FileFormatError({ file: label, expected: 'a header of JSON in UTF-8', actual: 'other bytes' }, { cause });
  }
  if (!isRecord(document))
    throw new FileFormatError({ file: label, expected: 'a JSON object as header', actual: preview(document) });
  const written = countJsonMembers(text);
  const kept = Object.values(document).reduce<number>((sum, member) => sum + keyCount(member), 0);
  if (written.outer !== keyCount(document) || written.inner !== kept)
    throw new FileFormatError({ file: label, expected: 'each name once in the header', actual: 'a name that repeats' });
  return document;
}

function parseMetadata(raw: unknown, label: string): Record<string, string> {
  if (raw === undefined) return {};
  if (!isRecord(raw) || Object.values(raw).some((value) => typeof value !== 'string'))
    throw new FileFormatError({ file: label, expected: '__metadata__ to hold strings only', actual: preview(raw) });
  return raw as Record<string, string>;
}

function parseEntry(name: string, raw: unknown, label: string): TensorEntry {
  const refuse = (expected: string, actual: unknown) =>
    new FileFormatError({ file: label, expected: `tensor ${preview(name)}: ${expected}`, actual: preview(actual) });
  if (!isRecord(raw)) throw refuse('{dtype, shape, data_offsets}', raw);
  const { dtype, shape, data_offsets: offsets } = raw;
  if (!isDiskDType(dtype)) throw refuse(`dtype ${Object.keys(readableDTypes).join(', ')}`, dtype);
  if (!isCounts(shape)) throw refuse('shape of whole numbers', shape);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    throw refuse('data_offsets [begin, end]', offsets);
  const [begin, end] = offsets as readonly [number, number];
  const bytes = shape.reduce((product, dim) => product * dim, readableDTypes[dtype].bytes);
  if (bytes !== end - begin) throw refuse(`${bytes} bytes (${dtype} ${preview(shape)})`, end - begin);
  return { name, diskDType: dtype, shape, begin, end };
}

/** `torch.save` writes a zip since 1.6; no header is 67,324,752 bytes long, which its magic bytes would mean. */
const isZip = (bytes: Uint8Array) => bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;

/** And a bare pickle before: protocol mark and version. */
const isPickle = (bytes: Uint8Array) => bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0 && !Object.is(item, -0));

const keyCount = (value: unknown): number => (isRecord(value) ? Object.keys(value).length : 0);

/** Short whatever the file holds: names and nested values can be megabytes. */
function preview(value: unknown): string {
  if (Array.isArray(value))
    return value.length <= 8 && value.every((item) => typeof item === 'number')
      ? `[${value.join(', ')}]`
      : `a list of ${value.length}`;
  if (isRecord(value)) return 'an object';
  const text = String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

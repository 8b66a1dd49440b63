import { deflateRawSync } from 'node:zlib';

/** `[tag, VR, value]`; numbers become US, strings text, arrays several US. Items and fragments are little-endian only. */
export type DicomElement = readonly [tag: string, vr: string, value: DicomValue];
export type DicomValue = number | readonly number[] | string | Uint8Array | Items | Fragments;

/** Value of a sequence. */
export interface Items {
  readonly items: readonly (readonly DicomElement[])[];
}

/** Compressed pixel data. */
export interface Fragments {
  readonly fragments: readonly Uint8Array[];
  /** Offset table; default: an empty one. */
  readonly offsets?: readonly number[];
}

export const explicitLittle = '1.2.840.10008.1.2.1';
export const explicitBig = '1.2.840.10008.1.2.2';
export const deflatedLittle = '1.2.840.10008.1.2.1.99';

/** A minimal Part 10 file with the given elements, which must rise by tag. Enough for tests. */
export function dicomFile(elements: readonly DicomElement[], transferSyntax: string = explicitLittle): Uint8Array {
  const uid = encode(['00020010', 'UI', transferSyntax], false);
  const length = encode(['00020000', 'UL', uint32(uid.length)], false);
  const body = Buffer.concat(elements.map((element) => encode(element, transferSyntax === explicitBig)));
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    length,
    uid,
    transferSyntax === deflatedLittle ? deflateRawSync(body) : body,
  ]);
}

export interface GreyOptions {
  readonly bits?: 8 | 16;
  readonly stored?: number;
  readonly signed?: 0 | 1;
  readonly photometric?: string;
  readonly extra?: readonly DicomElement[];
}

/** Elements of a grey image; `extra` is merged in by tag. */
export function greyElements(rows: number, columns: number, pixels: Uint8Array, options: GreyOptions = {}): DicomElement[] {
  const { bits = 8, stored = bits, signed = 0, photometric = 'MONOCHROME2', extra = [] } = options;
  const base: DicomElement[] = [
    ['00280002', 'US', 1],
    ['00280004', 'CS', photometric],
    ['00280010', 'US', rows],
    ['00280011', 'US', columns],
    ['00280100', 'US', bits],
    ['00280101', 'US', stored],
    ['00280102', 'US', stored - 1],
    ['00280103', 'US', signed],
    ['7fe00010', bits === 8 ? 'OB' : 'OW', pixels],
  ];
  const replaced = new Set(extra.map(([tag]) => tag));
  return [...base.filter(([tag]) => !replaced.has(tag)), ...extra].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** 16-bit words as bytes. */
export function words(values: readonly number[], isBigEndian = false): Uint8Array {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) =>
    isBigEndian ? bytes.writeUInt16BE(value & 0xffff, index * 2) : bytes.writeUInt16LE(value & 0xffff, index * 2),
  );
  return bytes;
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** An item with its length, or the end of a list of them. */
function item(element: 0xe000 | 0xe0dd, content: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.concat([words([0xfffe, element]), uint32(content.length), content]);
}

/** A list of items of undefined length. */
const list = (tag: string, vr: string, contents: readonly Uint8Array[]): Buffer =>
  Buffer.concat([
    words([parseInt(tag.slice(0, 4), 16), parseInt(tag.slice(4), 16)]),
    Buffer.from(`${vr}\0\0`),
    uint32(0xffffffff),
    ...contents.map((content) => item(0xe000, content)),
    item(0xe0dd),
  ]);

const even = (bytes: Uint8Array) => (bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Uint8Array.of(0)]));

function encode([tag, vr, value]: DicomElement, isBigEndian: boolean): Buffer {
  if (typeof value === 'object' && 'items' in value)
    return list(
      tag,
      vr,
      value.items.map((elements) => Buffer.concat(elements.map((element) => encode(element, false)))),
    );
  if (typeof value === 'object' && 'fragments' in value)
    return list(tag, vr, [Buffer.concat((value.offsets ?? []).map(uint32)), ...value.fragments.map(even)]);
  const raw =
    typeof value === 'string'
      ? Buffer.from(value)
      : typeof value === 'number'
        ? words([value], isBigEndian)
        : value instanceof Uint8Array
          ? value
          : words(value, isBigEndian);
  const content = raw.length % 2 === 0 ? raw : Buffer.concat([raw, Buffer.from(vr === 'UI' ? '\0' : ' ')]);
  const head = words([parseInt(tag.slice(0, 4), 16), parseInt(tag.slice(4), 16)], isBigEndian);
  const isLong = vr === 'OB' || vr === 'OW';
  const size = Buffer.alloc(isLong ? 6 : 2);
  if (isLong && isBigEndian) size.writeUInt32BE(content.length, 2);
  else if (isLong) size.writeUInt32LE(content.length, 2);
  else if (isBigEndian) size.writeUInt16BE(content.length);
  else size.writeUInt16LE(content.length);
  return Buffer.concat([head, Buffer.from(vr), size, content]);
}

/** How a transfer syntax keeps the pixels of a frame. */
export type PixelCoding = 'native' | 'rle' | FrameCodec;

/** Codings that a codec turns into samples. */
export type FrameCodec = 'jpeg' | 'jpeg-ls' | 'jpeg-2000' | 'ht-jpeg-2000';

export interface TransferSyntax {
  readonly name: string;
  readonly coding: PixelCoding;
}

export const bigEndianSyntax = '1.2.840.10008.1.2.2';
export const defaultSyntax = '1.2.840.10008.1.2';

const table: readonly (readonly [uid: string, name: string, coding: PixelCoding])[] = [
  [defaultSyntax, 'Implicit VR Little Endian', 'native'],
  ['1.2.840.10008.1.2.1', 'Explicit VR Little Endian', 'native'],
  ['1.2.840.10008.1.2.1.99', 'Deflated Explicit VR Little Endian', 'native'],
  [bigEndianSyntax, 'Explicit VR Big Endian', 'native'],
  ['1.2.840.10008.1.2.5', 'RLE Lossless', 'rle'],
  ['1.2.840.10008.1.2.4.50', 'JPEG Baseline', 'jpeg'],
  ['1.2.840.10008.1.2.4.51', 'JPEG Extended', 'jpeg'],
  ['1.2.840.10008.1.2.4.57', 'JPEG Lossless', 'jpeg'],
  ['1.2.840.10008.1.2.4.70', 'JPEG Lossless SV1', 'jpeg'],
  ['1.2.840.10008.1.2.4.80', 'JPEG-LS Lossless', 'jpeg-ls'],
  ['1.2.840.10008.1.2.4.81', 'JPEG-LS Near-Lossless', 'jpeg-ls'],
  ['1.2.840.10008.1.2.4.90', 'JPEG 2000 Lossless', 'jpeg-2000'],
  ['1.2.840.10008.1.2.4.91', 'JPEG 2000', 'jpeg-2000'],
  ['1.2.840.10008.1.2.4.201', 'High-Throughput JPEG 2000 Lossless', 'ht-jpeg-2000'],
  ['1.2.840.10008.1.2.4.202', 'High-Throughput JPEG 2000 Lossless RPCL', 'ht-jpeg-2000'],
  ['1.2.840.10008.1.2.4.203', 'High-Throughput JPEG 2000', 'ht-jpeg-2000'],
];

/** Transfer syntaxes that are decoded, by UID. */
export const dicomTransferSyntaxes: Readonly<Record<string, TransferSyntax>> = Object.fromEntries(
  table.map(([uid, name, coding]) => [uid, { name, coding }]),
);

/** Names of syntaxes that are met but not decoded, for messages. */
export const otherSyntaxes: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.1.98': 'Encapsulated Uncompressed Explicit VR Little Endian',
  '1.2.840.10008.1.2.4.92': 'JPEG 2000 Part 2 Lossless',
  '1.2.840.10008.1.2.4.93': 'JPEG 2000 Part 2',
  '1.2.840.10008.1.2.4.100': 'MPEG-2 Main Profile',
  '1.2.840.10008.1.2.4.102': 'MPEG-4 AVC',
  '1.2.840.10008.1.2.4.107': 'HEVC Main Profile',
  '1.2.840.10008.1.2.4.110': 'JPEG XL Lossless',
  '1.2.840.10008.1.2.4.112': 'JPEG XL',
};

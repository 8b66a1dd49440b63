import { ImageDecodeError } from '@medlego/errors';
import { type DataSet } from 'dicom-parser';

/** The attributes of the Image Pixel Module that decide how the bytes are read. */
export interface DicomHeader {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly bitsAllocated: 8 | 16;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly isSigned: boolean;
  readonly isPlanar: boolean;
  readonly photometric: string;
  readonly frames: number;
  /** Which frame is read, from 0. */
  readonly frame: number;
}

/** Uncompressed samples of one frame. */
export interface FramePixels {
  readonly bytes: Uint8Array;
  readonly isBigEndian: boolean;
  /** Bytes that travel as big-endian 16-bit words come in swapped pairs. */
  readonly isSwapped: boolean;
}

/**
 * @param frame from 0
 * @throws ImageDecodeError naming the attribute that is missing or not supported, or the frames that there are
 */
export function readHeader(dataSet: DataSet, file: string, frame: number): DicomHeader {
  const number = (tag: string, name: string, fallback?: number): number => {
    const value = dataSet.uint16(tag) ?? fallback;
    if (value === undefined) throw new ImageDecodeError({ file, expected: `${name} (${tag})`, actual: 'none' });
    return value;
  };
  const rows = number('x00280010', 'Rows');
  const columns = number('x00280011', 'Columns');
  if (rows === 0 || columns === 0)
    throw new ImageDecodeError({ file, expected: 'Rows and Columns above 0', actual: `${rows} and ${columns}` });
  const samplesPerPixel = number('x00280002', 'SamplesPerPixel', 1);
  if (samplesPerPixel !== 1 && samplesPerPixel !== 3)
    throw new ImageDecodeError({ file, expected: 'SamplesPerPixel 1 or 3', actual: String(samplesPerPixel) });
  const bitsAllocated = number('x00280100', 'BitsAllocated');
  if (bitsAllocated !== 8 && bitsAllocated !== 16)
    throw new ImageDecodeError({ file, expected: 'BitsAllocated 8 or 16', actual: String(bitsAllocated) });
  const bitsStored = number('x00280101', 'BitsStored', bitsAllocated);
  const highBit = number('x00280102', 'HighBit', bitsStored - 1);
  if (bitsStored < 1 || highBit < bitsStored - 1 || highBit >= bitsAllocated)
    throw new ImageDecodeError({
      file,
      expected: `BitsStored and HighBit within ${bitsAllocated} bits`,
      actual: `${bitsStored} and ${highBit}`,
    });
  const frames = Math.max(1, dataSet.intString('x00280008') || 1);
  if (!Number.isSafeInteger(frame) || frame < 0 || frame >= frames)
    throw new ImageDecodeError({ file, expected: `a frame from 0 to ${frames - 1}`, actual: `frame ${frame}` });
  return {
    frame,
    frames,
    rows,
    columns,
    bitsAllocated,
    bitsStored,
    highBit,
    samplesPerPixel,
    isSigned: number('x00280103', 'PixelRepresentation', 0) === 1,
    isPlanar: number('x00280006', 'PlanarConfiguration', 0) === 1,
    photometric: dataSet.string('x00280004')?.trim() ?? '',
  };
}

/** Samples that a frame of the header keeps: two pixels of YBR_FULL_422 share their colour. */
export const sampleCount = ({ rows, columns, samplesPerPixel, photometric }: DicomHeader): number =>
  rows * columns * (photometric === 'YBR_FULL_422' ? 2 : samplesPerPixel);

/** The frame's part of uncompressed pixel data. @throws ImageDecodeError if the pixel data is missing or too short */
export function nativeFrame(dataSet: DataSet, header: DicomHeader, file: string, isBigEndian: boolean): FramePixels {
  const element = dataSet.elements['x7fe00010'];
  const size = (sampleCount(header) * header.bitsAllocated) / 8;
  const start = header.frame * size;
  const available = element ? Math.min(element.length, dataSet.byteArray.length - element.dataOffset) : 0;
  if (!element || available < start + size)
    throw new ImageDecodeError({
      file,
      expected: `${start + size} bytes of PixelData`,
      actual: element ? `${available} bytes` : 'none',
    });
  const isSwapped = header.bitsAllocated === 8 && isBigEndian && element.vr === 'OW' && available % 2 === 0;
  // A swapped frame of an odd number of bytes shares a word with its neighbour.
  const from = element.dataOffset + start - (isSwapped ? start % 2 : 0);
  const to = element.dataOffset + start + size + (isSwapped ? (start + size) % 2 : 0);
  return { bytes: dataSet.byteArray.subarray(from, to), isBigEndian, isSwapped };
}

/**
 * The stored values of a frame: masked to BitsStored and sign-extended.
 *
 * @returns one number per sample, in the file's order
 * @throws ImageDecodeError if there are fewer bytes than samples
 */
export function readSamples({ bytes, isBigEndian, isSwapped }: FramePixels, header: DicomHeader, file: string): Int32Array {
  const samples = sampleCount(header);
  const needed = (samples * header.bitsAllocated) / 8;
  if (bytes.length < needed)
    throw new ImageDecodeError({ file, expected: `${needed} bytes of pixels`, actual: `${bytes.length} bytes` });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shift = header.highBit + 1 - header.bitsStored;
  const unused = 32 - header.bitsStored;
  const odd = isSwapped ? (header.frame * needed) % 2 : 0;
  const out = new Int32Array(samples);
  for (let i = 0; i < samples; i++) {
    const raw =
      header.bitsAllocated === 16
        ? view.getUint16(i * 2, !isBigEndian)
        : bytes[isSwapped ? (i + odd) ^ 1 : i]!;
    const aligned = (raw >> shift) << unused;
    out[i] = header.isSigned ? aligned >> unused : aligned >>> unused;
  }
  return out;
}

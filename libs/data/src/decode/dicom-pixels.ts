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
  readonly isBigEndian: boolean;
  readonly photometric: string;
  /** Which frame is read, from 0. */
  readonly frame: number;
}

/**
 * @param frame from 0
 * @throws ImageDecodeError naming the attribute that is missing or not supported, or the frames that there are
 */
export function readHeader(dataSet: DataSet, file: string, isBigEndian: boolean, frame: number): DicomHeader {
  const number = (tag: string, name: string, fallback?: number): number => {
    const value = dataSet.uint16(tag) ?? fallback;
    if (value === undefined) throw new ImageDecodeError({ file, expected: `${name} (${tag})`, actual: 'none' });
    return value;
  };
  const rows = number('x00280010', 'Rows');
  const columns = number('x00280011', 'Columns');
  if (rows === 0 || columns === 0)
    throw new ImageDecodeError({ file, expected: 'Rows and Columns above 0', actual: `${rows} and ${columns}` });
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
  const frames = Math.max(1, dataSet.intString('x00280008') ?? 1);
  if (!Number.isSafeInteger(frame) || frame < 0 || frame >= frames)
    throw new ImageDecodeError({ file, expected: `a frame from 0 to ${frames - 1}`, actual: `frame ${frame}` });
  return {
    frame,
    rows,
    columns,
    bitsAllocated,
    bitsStored,
    highBit,
    samplesPerPixel: number('x00280002', 'SamplesPerPixel', 1),
    isSigned: number('x00280103', 'PixelRepresentation', 0) === 1,
    isPlanar: number('x00280006', 'PlanarConfiguration', 0) === 1,
    isBigEndian,
    photometric: dataSet.string('x00280004')?.trim() ?? '',
  };
}

/**
 * The stored values of the header's frame: masked to BitsStored and sign-extended.
 *
 * @returns one number per sample, in the file's order
 * @throws ImageDecodeError if the pixel data is missing or too short
 */
export function readSamples(
  dataSet: DataSet,
  header: DicomHeader,
  file: string,
  samples = header.rows * header.columns * header.samplesPerPixel,
): Int32Array {
  const element = dataSet.elements['x7fe00010'];
  const start = (header.frame * samples * header.bitsAllocated) / 8;
  const needed = start + (samples * header.bitsAllocated) / 8;
  const available = element ? Math.min(element.length, dataSet.byteArray.length - element.dataOffset) : 0;
  if (!element || available < needed)
    throw new ImageDecodeError({
      file,
      expected: `${needed} bytes of PixelData`,
      actual: element ? `${available} bytes` : 'none',
    });
  const view = new DataView(dataSet.byteArray.buffer, dataSet.byteArray.byteOffset + element.dataOffset, available);
  const shift = header.highBit + 1 - header.bitsStored;
  const unused = 32 - header.bitsStored;
  // Bytes that travel as big-endian 16-bit words come in swapped pairs.
  const swap = header.bitsAllocated === 8 && header.isBigEndian && element.vr === 'OW' && available % 2 === 0 ? 1 : 0;
  return Int32Array.from({ length: samples }, (_, index) => {
    const raw =
      header.bitsAllocated === 8 ? view.getUint8((start + index) ^ swap) : view.getUint16(start + index * 2, !header.isBigEndian);
    const aligned = (raw >> shift) << unused;
    return header.isSigned ? aligned >> unused : aligned >>> unused;
  });
}

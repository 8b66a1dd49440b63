import { ImageDecodeError } from '@medlego/errors';
import { type DataSet } from 'dicom-parser';
import { readTable } from './dicom-lookup.ts';
import { readSamples, type DicomHeader, type FramePixels } from './dicom-pixels.ts';

/**
 * RGB, YBR_FULL and YBR_FULL_422 samples as interleaved RGB bytes; values of more than 8 bits keep their upper eight.
 * Source of the YBR conversion: DICOM PS3.3, C.7.6.3.1.2.
 */
export function readColour(frame: FramePixels, header: DicomHeader, file: string): Uint8Array {
  if (header.samplesPerPixel !== 3)
    throw new ImageDecodeError({ file, expected: '3 samples per pixel', actual: String(header.samplesPerPixel) });
  const pixels = header.rows * header.columns;
  const isSubsampled = header.photometric === 'YBR_FULL_422';
  if (isSubsampled && header.columns % 2 === 1)
    throw new ImageDecodeError({ file, expected: 'an even number of Columns for YBR_FULL_422', actual: String(header.columns) });
  const samples = readSamples(frame, header, file);
  const narrow = Math.max(0, header.bitsStored - 8);
  const isRgb = header.photometric === 'RGB';
  const out = new Uint8ClampedArray(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const [first, second, third] = positionsOf(pixel, pixels, header, isSubsampled);
    const a = samples[first]! >> narrow;
    const b = samples[second]! >> narrow;
    const c = samples[third]! >> narrow;
    out[pixel * 3] = isRgb ? a : a + 1.402 * (c - 128);
    out[pixel * 3 + 1] = isRgb ? b : a - 0.344136 * (b - 128) - 0.714136 * (c - 128);
    out[pixel * 3 + 2] = isRgb ? c : a + 1.772 * (b - 128);
  }
  return new Uint8Array(out.buffer);
}

function positionsOf(pixel: number, pixels: number, header: DicomHeader, isSubsampled: boolean): [number, number, number] {
  if (isSubsampled) {
    const pair = (pixel >> 1) * 4; // Y0 Y1 Cb Cr
    return [pair + (pixel & 1), pair + 2, pair + 3];
  }
  return header.isPlanar ? [pixel, pixels + pixel, 2 * pixels + pixel] : [pixel * 3, pixel * 3 + 1, pixel * 3 + 2];
}

/** PALETTE COLOR indices looked up in the file's red, green and blue tables (PS3.3, C.7.6.3.1.5). */
export function readPalette(
  dataSet: DataSet,
  frame: FramePixels,
  header: DicomHeader,
  file: string,
  isBigEndian: boolean,
): Uint8Array {
  const tables = ['x00281201', 'x00281202', 'x00281203'].map((data, index) => {
    const descriptor = `x0028110${index + 1}`;
    return readTable(dataSet, { descriptor, data, isSigned: header.isSigned, isBigEndian, what: 'a palette' }, file);
  });
  const indices = readSamples(frame, header, file);
  const out = new Uint8Array(indices.length * 3);
  for (let channel = 0; channel < 3; channel++) {
    const { lookUp, bits } = tables[channel]!;
    const narrow = bits - 8;
    for (let pixel = 0; pixel < indices.length; pixel++) out[pixel * 3 + channel] = lookUp(indices[pixel]!) >> narrow;
  }
  return out;
}

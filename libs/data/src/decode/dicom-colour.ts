import { ImageDecodeError } from '@medlego/errors';
import { type DataSet } from 'dicom-parser';
import { readSamples, type DicomHeader } from './dicom-pixels.ts';

/**
 * RGB, YBR_FULL and YBR_FULL_422 samples as interleaved RGB bytes; values of more than 8 bits keep their upper eight.
 * Source of the YBR conversion: DICOM PS3.3, C.7.6.3.1.2.
 */
export function readColour(dataSet: DataSet, header: DicomHeader, file: string): Uint8Array {
  if (header.samplesPerPixel !== 3)
    throw new ImageDecodeError({ file, expected: '3 samples per pixel', actual: String(header.samplesPerPixel) });
  const pixels = header.rows * header.columns;
  const isSubsampled = header.photometric === 'YBR_FULL_422';
  if (isSubsampled && header.columns % 2 === 1)
    throw new ImageDecodeError({ file, expected: 'an even number of Columns for YBR_FULL_422', actual: String(header.columns) });
  const samples = readSamples(dataSet, header, file, isSubsampled ? pixels * 2 : pixels * 3);
  const narrow = Math.max(0, header.bitsStored - 8);
  const out = new Uint8ClampedArray(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const [first, second, third] = positionsOf(pixel, pixels, header, isSubsampled);
    const a = samples[first]! >> narrow;
    const b = samples[second]! >> narrow;
    const c = samples[third]! >> narrow;
    const isRgb = header.photometric === 'RGB';
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
export function readPalette(dataSet: DataSet, header: DicomHeader, file: string): Uint8Array {
  const tables = ['x00281201', 'x00281202', 'x00281203'].map((tag, index) =>
    readTable(dataSet, `x0028110${index + 1}`, tag, header, file),
  );
  const indices = readSamples(dataSet, header, file);
  const out = new Uint8Array(indices.length * 3);
  for (let channel = 0; channel < 3; channel++) {
    const { first, values } = tables[channel]!;
    for (let pixel = 0; pixel < indices.length; pixel++)
      out[pixel * 3 + channel] = values[Math.min(values.length - 1, Math.max(0, indices[pixel]! - first))]!;
  }
  return out;
}

function readTable(dataSet: DataSet, descriptorTag: string, dataTag: string, header: DicomHeader, file: string) {
  const element = dataSet.elements[dataTag];
  const size = dataSet.uint16(descriptorTag, 0);
  const bits = dataSet.uint16(descriptorTag, 2);
  if (!element || size === undefined || (bits !== 8 && bits !== 16))
    throw new ImageDecodeError({ file, expected: `a palette of 8 or 16 bits (${dataTag})`, actual: 'none that can be read' });
  const entries = size === 0 ? 65536 : size;
  const first = (header.isSigned ? dataSet.int16(descriptorTag, 1) : dataSet.uint16(descriptorTag, 1)) ?? 0;
  const bytesPerEntry = element.length >= entries * 2 ? 2 : 1;
  if (element.length < entries * bytesPerEntry || element.dataOffset + element.length > dataSet.byteArray.length)
    throw new ImageDecodeError({ file, expected: `${entries} palette entries`, actual: `${element.length} bytes` });
  const view = new DataView(dataSet.byteArray.buffer, dataSet.byteArray.byteOffset + element.dataOffset, element.length);
  const values = Uint8Array.from({ length: entries }, (_, index) => {
    const raw = bytesPerEntry === 2 ? view.getUint16(index * 2, !header.isBigEndian) : view.getUint8(index);
    return bits === 16 && bytesPerEntry === 2 ? raw >> 8 : raw & 0xff;
  });
  return { first, values };
}

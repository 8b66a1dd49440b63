import { inflateRawSync } from 'node:zlib';
import { AppError, ImageDecodeError, TransferSyntaxError } from '@medlego/errors';
import dicomParser, { type DataSet } from 'dicom-parser';
import { readColour, readPalette } from './dicom-colour.ts';
import { readHeader, readSamples, type DicomHeader } from './dicom-pixels.ts';
import { toDisplay } from './dicom-window.ts';
import { type Raster } from './raster.ts';

const deflated = '1.2.840.10008.1.2.1.99';

/** Transfer syntaxes with uncompressed pixels. */
export const dicomTransferSyntaxes: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2': 'Implicit VR Little Endian',
  '1.2.840.10008.1.2.1': 'Explicit VR Little Endian',
  [deflated]: 'Deflated Explicit VR Little Endian',
  '1.2.840.10008.1.2.2': 'Explicit VR Big Endian',
};

const compressedSyntaxes: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.4.50': 'JPEG Baseline',
  '1.2.840.10008.1.2.4.51': 'JPEG Extended',
  '1.2.840.10008.1.2.4.57': 'JPEG Lossless',
  '1.2.840.10008.1.2.4.70': 'JPEG Lossless SV1',
  '1.2.840.10008.1.2.4.80': 'JPEG-LS Lossless',
  '1.2.840.10008.1.2.4.81': 'JPEG-LS Near-Lossless',
  '1.2.840.10008.1.2.4.90': 'JPEG 2000 Lossless',
  '1.2.840.10008.1.2.4.91': 'JPEG 2000',
  '1.2.840.10008.1.2.4.201': 'High-Throughput JPEG 2000 Lossless',
  '1.2.840.10008.1.2.4.202': 'High-Throughput JPEG 2000 Lossless RPCL',
  '1.2.840.10008.1.2.4.203': 'High-Throughput JPEG 2000',
  '1.2.840.10008.1.2.5': 'RLE Lossless',
};

/** True for a DICOM Part 10 file: "DICM" after a preamble of 128 bytes. */
export const isDicom = (bytes: Uint8Array): boolean =>
  bytes.length > 132 && bytes[128] === 0x44 && bytes[129] === 0x49 && bytes[130] === 0x43 && bytes[131] === 0x4d;

/**
 * One frame of a DICOM file as it would be displayed: rescale slope and intercept, then a window of the file
 * (or the range of the values if it has none), MONOCHROME1 inverted, palettes and YBR turned into RGB. VOI tables are not used.
 *
 * @param options.frame, options.window from 0; default: the first
 * @returns uint8 `[rows, columns, 1 or 3]`, owned by the caller
 * @throws TransferSyntaxError for compressed pixels, ImageDecodeError for everything else
 */
export function decodeDicom(
  bytes: Uint8Array,
  { file, maxPixels, frame = 0, window = 0 }: { file: string; maxPixels: number; frame?: number; window?: number },
): Raster {
  const dataSet = parse(bytes, file, maxPixels);
  const uid = dataSet.string('x00020010')?.trim() ?? '1.2.840.10008.1.2';
  if (!(uid in dicomTransferSyntaxes))
    throw new TransferSyntaxError({
      file,
      uid,
      name: compressedSyntaxes[uid] ?? 'unknown',
      supported: Object.entries(dicomTransferSyntaxes).map(([supported, name]) => `${name} (${supported})`),
    });
  const header = readHeader(dataSet, file, uid === '1.2.840.10008.1.2.2', frame);
  if (header.rows * header.columns > maxPixels)
    throw new ImageDecodeError({
      file,
      expected: `an image of at most ${maxPixels} pixels`,
      actual: `${header.columns} x ${header.rows}`,
    });
  return toRaster(dataSet, header, file, window);
}

function toRaster(dataSet: DataSet, header: DicomHeader, file: string, window: number): Raster {
  const { rows: height, columns: width, photometric } = header;
  switch (photometric) {
    case 'MONOCHROME1':
    case 'MONOCHROME2':
      return { data: toDisplay(readSamples(dataSet, header, file), dataSet, header, file, window), height, width, channels: 1 };
    case 'PALETTE COLOR':
      return { data: readPalette(dataSet, header, file), height, width, channels: 3 };
    case 'RGB':
    case 'YBR_FULL':
    case 'YBR_FULL_422':
      return { data: readColour(dataSet, header, file), height, width, channels: 3 };
    default:
      throw new ImageDecodeError({
        file,
        expected: 'MONOCHROME1, MONOCHROME2, RGB, YBR_FULL, YBR_FULL_422 or PALETTE COLOR',
        actual: `photometric interpretation ${photometric || 'missing'}`,
      });
  }
}

function parse(bytes: Uint8Array, file: string, maxPixels: number): DataSet {
  try {
    return dicomParser.parseDicom(bytes, {
      // Six bytes per pixel hold the largest image that we decode (RGB, 16 bit); the rest is header.
      inflater: (whole, position) => {
        const inflated = inflateRawSync(whole.subarray(position), { maxOutputLength: maxPixels * 6 + (1 << 20) });
        return Buffer.concat([whole.subarray(0, position), inflated]);
      },
    });
  } catch (error) {
    if (error instanceof AppError) throw error;
    // The parser throws strings, and objects that carry the message in `exception`.
    const reason =
      typeof error === 'string'
        ? error
        : String((error as { exception?: unknown }).exception ?? (error as Error).message ?? error);
    throw new ImageDecodeError({ file, expected: 'a readable DICOM file', actual: reason }, { cause: error });
  }
}

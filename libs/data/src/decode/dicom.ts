import { inflateRawSync } from 'node:zlib';
import { AppError, ImageDecodeError, TransferSyntaxError } from '@medlego/errors';
import dicomParser, { type DataSet } from 'dicom-parser';
import { readColour, readPalette } from './dicom-colour.ts';
import { decompressFrame } from './dicom-compressed.ts';
import { nativeFrame, readHeader, readSamples, type DicomHeader, type FramePixels } from './dicom-pixels.ts';
import { bigEndianSyntax, defaultSyntax, dicomTransferSyntaxes, otherSyntaxes } from './dicom-syntaxes.ts';
import { toDisplay, type DisplayOptions } from './dicom-window.ts';
import { type Raster } from './raster.ts';

export interface DicomDecodeOptions {
  /** For messages. */
  readonly file: string;
  readonly maxPixels: number;
  /** From 0; default: the first. */
  readonly frame?: number;
  /** Of the windows and VOI tables of a grey file, windows first, from 0; default: the first. */
  readonly window?: number;
}

/** True for a DICOM Part 10 file: "DICM" after a preamble of 128 bytes. */
export const isDicom = (bytes: Uint8Array): boolean =>
  bytes.length > 132 && bytes[128] === 0x44 && bytes[129] === 0x49 && bytes[130] === 0x43 && bytes[131] === 0x4d;

/**
 * One frame of a DICOM file as it would be displayed: modality table or rescale, then a window or VOI table of the file
 * (or the range of the values if it has none), MONOCHROME1 inverted, palettes and YBR turned into RGB.
 * Sizes are checked, the compressed frame's own too, before anything is decompressed.
 *
 * @returns uint8 `[rows, columns, 1 or 3]`, owned by the caller
 * @throws TransferSyntaxError for pixels that no codec here reads, ImageDecodeError for everything else
 */
export async function decodeDicom(bytes: Uint8Array, options: DicomDecodeOptions): Promise<Raster> {
  const { file, maxPixels, frame = 0, window = 0 } = options;
  const dataSet = parseDicom(bytes, { file, maxPixels });
  const uid = dataSet.string('x00020010')?.trim() ?? defaultSyntax;
  const syntax = dicomTransferSyntaxes[uid];
  if (!syntax)
    throw new TransferSyntaxError({
      file,
      uid,
      name: otherSyntaxes[uid] ?? 'unknown',
      supported: Object.entries(dicomTransferSyntaxes).map(([supported, { name }]) => `${name} (${supported})`),
    });
  const header = readHeader(dataSet, file, frame);
  if (header.rows * header.columns > maxPixels)
    throw new ImageDecodeError({
      file,
      expected: `an image of at most ${maxPixels} pixels`,
      actual: `${header.columns} x ${header.rows}`,
    });
  assertPhotometric(header, file);
  const display = { file, window, isBigEndian: uid === bigEndianSyntax };
  if (syntax.coding === 'native')
    return toRaster(dataSet, header, nativeFrame(dataSet, header, file, display.isBigEndian), display);
  const decompressed = await decompressFrame(dataSet, header, syntax.coding, file);
  return toRaster(dataSet, decompressed.header, decompressed.pixels, display);
}

const photometrics = ['MONOCHROME1', 'MONOCHROME2', 'RGB', 'YBR_FULL', 'YBR_FULL_422', 'PALETTE COLOR'];
/** Only JPEG 2000 has them, and undoes them itself. */
const transformed = ['YBR_RCT', 'YBR_ICT'];

function assertPhotometric({ photometric }: DicomHeader, file: string): void {
  if (photometrics.includes(photometric) || transformed.includes(photometric)) return;
  throw new ImageDecodeError({
    file,
    expected: [...photometrics, ...transformed].join(', '),
    actual: `photometric interpretation ${photometric || 'missing'}`,
  });
}

function toRaster(dataSet: DataSet, header: DicomHeader, pixels: FramePixels, display: DisplayOptions): Raster {
  const { rows: height, columns: width, photometric, samplesPerPixel } = header;
  const { file, isBigEndian } = display;
  const isGrey = photometric.startsWith('MONOCHROME');
  if ((isGrey || photometric === 'PALETTE COLOR') && samplesPerPixel !== 1)
    throw new ImageDecodeError({ file, expected: `one sample per pixel of ${photometric}`, actual: String(samplesPerPixel) });
  if (isGrey)
    return { data: toDisplay(readSamples(pixels, header, file), dataSet, header, display), height, width, channels: 1 };
  const data =
    photometric === 'PALETTE COLOR'
      ? readPalette(dataSet, pixels, header, file, isBigEndian)
      : readColour(pixels, header, file);
  return { data, height, width, channels: 3 };
}

/** The attributes of a Part 10 file. @throws ImageDecodeError for what cannot be read */
export function parseDicom(bytes: Uint8Array, { file, maxPixels }: Pick<DicomDecodeOptions, 'file' | 'maxPixels'>): DataSet {
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

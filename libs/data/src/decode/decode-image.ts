import { AppError, ImageDecodeError } from '@medlego/errors';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { decodeDicom, isDicom } from './dicom.ts';
import { type Raster } from './raster.ts';

export interface DecodeOptions {
  /** Name for messages. Default: "image". */
  readonly file?: string;
  /** Images with more pixels are refused before they are decoded. Default: 64 million. */
  readonly maxPixels?: number;
  /** Frame of a DICOM file, from 0. Default: the first. */
  readonly frame?: number;
  /** Which of the windows and VOI tables of a grey DICOM file, windows first, from 0. Default: the first. */
  readonly window?: number;
}

/** Containers that are decoded; vector and script formats (SVG, PDF) are refused whatever the build of libvips can do. */
export const imageFormats = ['png', 'jpeg', 'webp', 'tiff', 'gif'] as const;

export const defaultMaxPixels = 64e6;

/**
 * Decodes PNG, JPEG, WebP, TIFF (first page), GIF (first frame) or a DICOM file to 8 bits.
 *
 * Grey stays one channel; everything else becomes RGB. Transparency is dropped, EXIF orientation applied, embedded colour
 * profiles ignored (as PIL does, with which most backbones were trained). 16-bit values keep their upper byte.
 *
 * @returns uint8 `[height, width, channels]`, owned by the caller
 * @throws ImageDecodeError, TransferSyntaxError for DICOM that no codec here reads
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Raster> {
  const { file = 'image', maxPixels = defaultMaxPixels, frame, window } = options;
  if (isDicom(bytes)) return decodeDicom(bytes, {
      file,
      maxPixels,
      ...(frame !== undefined && { frame }),
      ...(window !== undefined && { window }),
    });
  try {
    const image = sharp(bytes, { limitInputPixels: maxPixels, ignoreIcc: true, autoOrient: true, failOn: 'error' });
    const metadata = await image.metadata();
    if (!imageFormats.some((format) => format === metadata.format))
      throw new ImageDecodeError({ file, expected: `one of ${imageFormats.join(', ')} or DICOM`, actual: metadata.format });
    return isGrey(metadata) ? await decodeGrey(image, metadata) : await decodeColour(image);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new ImageDecodeError(
      { file, expected: `a readable image of at most ${maxPixels} pixels`, actual: reasonOf(error) },
      { cause: error },
    );
  }
}

const isGrey = ({ space }: Metadata) => space === 'b-w' || space === 'grey16';

async function decodeGrey(image: Sharp, { space }: Metadata): Promise<Raster> {
  if (space === 'grey16') {
    const { data, info } = await image
      .removeAlpha()
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const words = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
    return { data: Uint8Array.from(words, (value) => value >> 8), height: info.height, width: info.width, channels: 1 };
  }
  const { data, info } = await image.removeAlpha().toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  return { data: bytesOf(data), height: info.height, width: info.width, channels: 1 };
}

async function decodeColour(image: Sharp): Promise<Raster> {
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data: bytesOf(data), height: info.height, width: info.width, channels: 3 };
}

const bytesOf = (buffer: Buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

/** The first line of what the decoder says, without its own prefix. */
const reasonOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.replace(/^Input buffer (has|contains) /, '');

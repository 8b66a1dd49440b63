import { AppError, ImageDecodeError } from '@medlego/errors';
import { type DataSet } from 'dicom-parser';
import { codestreamSize } from './codestream-size.ts';
import { compressedFrame } from './dicom-frames.ts';
import { sampleCount, type DicomHeader, type FramePixels } from './dicom-pixels.ts';
import { type FrameCodec } from './dicom-syntaxes.ts';
import { decodeRle } from './rle.ts';

/** A decompressed frame, and the header as it holds for it: the codec may have changed colours and order. */
export interface Decompressed {
  readonly header: DicomHeader;
  readonly pixels: FramePixels;
}

const plain = { isBigEndian: false, isSwapped: false } as const;

/** @throws ImageDecodeError for segments or a codestream that cannot be read, or whose size is not the header's */
export async function decompressFrame(
  dataSet: DataSet,
  header: DicomHeader,
  coding: 'rle' | FrameCodec,
  file: string,
): Promise<Decompressed> {
  const bytes = compressedFrame(dataSet, header.frame, header.frames, file);
  if (coding !== 'rle') return throughCodec(bytes, header, coding, file);
  const planes = { ...header, isPlanar: true, photometric: withFullColour(header.photometric) };
  return { header: planes, pixels: { bytes: decodeRle(bytes, planes, file), ...plain } };
}

async function throughCodec(bytes: Uint8Array, header: DicomHeader, codec: FrameCodec, file: string) {
  assertSize(bytes, header, codec, file);
  // Loaded where it is needed: it starts a thread and WebAssembly.
  const { decompress } = await import('./codec/codec-thread.ts');
  try {
    const frame = await decompress({ ...header, codec, bytes });
    const { bitsAllocated, samplesPerPixel, isPlanar } = frame;
    const matches = bitsAllocated === header.bitsAllocated && samplesPerPixel === header.samplesPerPixel;
    if (!matches)
      throw new ImageDecodeError({
        file,
        expected: `${header.samplesPerPixel} samples of ${header.bitsAllocated} bits`,
        actual: `${samplesPerPixel} of ${bitsAllocated}`,
      });
    const photometric = colourOf(codec, header.photometric, frame.photometric);
    const decoded = { ...header, isPlanar, photometric, highBit: header.bitsStored - 1 };
    const needed = (sampleCount(decoded) * bitsAllocated) / 8;
    if (frame.bytes.length !== needed)
      throw new ImageDecodeError({ file, expected: `${needed} bytes of pixels`, actual: `${frame.bytes.length} bytes` });
    return { header: decoded, pixels: { bytes: frame.bytes, ...plain } };
  } catch (error) {
    if (error instanceof AppError) throw error;
    const actual = error instanceof Error ? error.message : String(error);
    throw new ImageDecodeError({ file, expected: `a readable ${codec} codestream`, actual }, { cause: error });
  }
}

/** A codec reserves what the codestream asks for, so that has to be what the limits were checked against. */
function assertSize(bytes: Uint8Array, header: DicomHeader, codec: FrameCodec, file: string): void {
  const size = codestreamSize(codec, bytes);
  const fits =
    size?.columns === header.columns &&
    size.rows === header.rows &&
    size.samplesPerPixel === header.samplesPerPixel &&
    size.precision <= header.bitsAllocated;
  if (fits) return;
  const { columns, rows, samplesPerPixel: samples, bitsAllocated: bits } = header;
  throw new ImageDecodeError({
    file,
    expected: `a ${codec} codestream of ${columns} x ${rows} pixels, ${samples} samples of at most ${bits} bits`,
    actual: size
      ? `${size.columns} x ${size.rows} pixels, ${size.samplesPerPixel} samples of ${size.precision} bits`
      : `${bytes.length} bytes of something else`,
  });
}

/** JPEG 2000 takes its own colour transform back; the JPEG codec says what it gives. */
function colourOf(codec: FrameCodec, stored: string, given: string): string {
  if (codec === 'jpeg') return withFullColour(given);
  return stored === 'YBR_RCT' || stored === 'YBR_ICT' ? 'RGB' : withFullColour(stored);
}

/** Decompressed samples have a colour for each pixel. */
const withFullColour = (photometric: string): string =>
  photometric === 'YBR_FULL_422' ? 'YBR_FULL' : photometric;

import { ImageDecodeError } from '@medlego/errors';
import { type DicomHeader } from './dicom-pixels.ts';

const headerBytes = 64;
const maxSegments = 15;

/**
 * A frame of RLE Lossless as plain samples: planar, little-endian, each sample's bytes together.
 * A segment holds one byte of every sample of one plane, the most significant first, packed as PackBits does it.
 *
 * @returns as many bytes as the header's frame has, owned by the caller
 * @throws ImageDecodeError for segments that are not as many, or that hold less than the frame needs
 * Source: DICOM PS3.5, annex G.
 */
export function decodeRle(frame: Uint8Array, header: DicomHeader, file: string): Uint8Array {
  const width = header.bitsAllocated / 8;
  const pixels = header.rows * header.columns;
  const planes = header.samplesPerPixel;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const count = frame.byteLength >= headerBytes ? view.getUint32(0, true) : 0;
  if (count !== width * planes || count > maxSegments)
    throw new ImageDecodeError({ file, expected: `${width * planes} RLE segments`, actual: String(count) });
  const offsets = Array.from({ length: count }, (_, segment) => view.getUint32(4 + segment * 4, true));
  const out = new Uint8Array(pixels * planes * width);
  offsets.forEach((start, segment) => {
    const end = offsets[segment + 1] ?? frame.byteLength;
    if (start < headerBytes || start > end || end > frame.byteLength)
      throw new ImageDecodeError({
        file,
        expected: `RLE segments in order within ${frame.byteLength} bytes`,
        actual: `segment ${segment} from ${start} to ${end}`,
      });
    const plane = Math.floor(segment / width);
    const byte = width - 1 - (segment % width); // most significant first, written little-endian
    const written = unpack(frame.subarray(start, end), out, plane * pixels * width + byte, width, pixels);
    if (written < pixels)
      throw new ImageDecodeError({
        file,
        expected: `${pixels} bytes in RLE segment ${segment}`,
        actual: `${written} bytes`,
      });
  });
  return out;
}

/** PackBits into every `step`th byte from `at`, at most `limit` of them. @returns how many were written */
function unpack(packed: Uint8Array, out: Uint8Array, at: number, step: number, limit: number): number {
  let read = 0;
  let written = 0;
  while (read < packed.length && written < limit) {
    const control = packed[read++]!;
    if (control === 128) continue;
    const isRun = control > 128;
    const length = Math.min(isRun ? 257 - control : control + 1, limit - written);
    for (let i = 0; i < length; i++) {
      if (read + (isRun ? 0 : i) >= packed.length) return written;
      out[at + written++ * step] = packed[isRun ? read : read + i]!;
    }
    read += isRun ? 1 : control + 1;
  }
  return written;
}

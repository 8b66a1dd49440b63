import { ImageDecodeError } from '@medlego/errors';
import { type DataSet, type Fragment } from 'dicom-parser';

/**
 * The bytes of one compressed frame, put together of its fragments. Which fragments belong to it is told by the offset table, by
 * one fragment a frame, or by the marker that a codestream begins with.
 *
 * @throws ImageDecodeError for pixel data that is not in fragments, or of which the frames cannot be told apart
 * Source: DICOM PS3.5, A.4.
 */
export function compressedFrame(dataSet: DataSet, frame: number, frames: number, file: string): Uint8Array {
  const element = dataSet.elements['x7fe00010'];
  const fragments = element?.fragments ?? [];
  if (!element?.encapsulatedPixelData || fragments.length === 0)
    throw new ImageDecodeError({
      file,
      expected: 'PixelData in fragments, as this transfer syntax has it',
      actual: element ? `${element.length} bytes in one piece` : 'none',
    });
  const bytesOf = ({ position, length }: Fragment) => dataSet.byteArray.subarray(position, position + length);
  const first = firstFragments(fragments, element.basicOffsetTable ?? [], frames, bytesOf);
  if (!first)
    throw new ImageDecodeError({
      file,
      expected: `an offset table, or a fragment for each of ${frames} frames`,
      actual: `${fragments.length} fragments and ${element.basicOffsetTable?.length ?? 0} offsets`,
    });
  const parts = fragments.slice(first[frame], first[frame + 1]).map(bytesOf);
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** The fragment that each frame begins with; undefined if nothing tells. */
function firstFragments(
  fragments: readonly Fragment[],
  offsets: readonly number[],
  frames: number,
  bytesOf: (fragment: Fragment) => Uint8Array,
): number[] | undefined {
  if (frames === 1) return [0];
  if (offsets.length === frames) {
    const places = new Map(fragments.map(({ offset }, index) => [offset, index]));
    const first = offsets.flatMap((offset) => places.get(offset) ?? []);
    if (first.length === frames && first.every((place, i) => i === 0 || place > first[i - 1]!)) return first;
  }
  if (fragments.length === frames) return fragments.map((_, index) => index);
  const starting = fragments.flatMap((fragment, index) => (startsFrame(bytesOf(fragment)) ? [index] : []));
  return starting.length === frames ? starting : undefined;
}

/** SOI of JPEG and JPEG-LS, SOC of JPEG 2000. */
const startsFrame = (bytes: Uint8Array): boolean => bytes[0] === 0xff && (bytes[1] === 0xd8 || bytes[1] === 0x4f);

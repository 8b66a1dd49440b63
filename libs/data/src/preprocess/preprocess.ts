import type { ImageSet } from '../dataset.ts'; // no import at run time: that file needs Node
import { type Raster } from '../decode/raster.ts';
import { normalisationTable } from './normalise.ts';
import { resizeImages } from './resample.ts';
import { resizedSide, type PreprocessSpec } from './spec.ts';

/**
 * Images as the backbone takes them: resized to a square, centre-cropped if the spec says so, grey repeated to three
 * channels, normalised. Training, evaluation and serving all come through here.
 *
 * @param images uint8 `[count, height, width, 1 or 3]`, borrowed
 * @returns      float32 `[count, imgSize, imgSize, 3]`, owned by the caller
 */
export function preprocess(images: ImageSet, spec: PreprocessSpec): Float32Array {
  const out = new Float32Array(images.count * spec.imgSize ** 2 * 3);
  const resized = toResized(images, spec);
  const table = normalisationTable(spec);
  for (let index = 0; index < images.count; index++) normaliseCentre(resized, index, spec, table, out, index);
  return out;
}

/** `preprocess` for one decoded image of any size. @returns float32 `[1, imgSize, imgSize, 3]`, owned by the caller */
export const preprocessRaster = ({ data, ...size }: Raster, spec: PreprocessSpec): Float32Array =>
  preprocess({ images: data, count: 1, ...size }, spec);

/** The images at the side that comes before the crop; the same set where nothing changes. */
export function toResized<Images extends ImageSet>(images: Images, spec: PreprocessSpec): Images {
  const side = resizedSide(spec);
  if (images.height === side && images.width === side) return images;
  const target = { height: side, width: side };
  return { ...images, ...target, images: resizeImages(images.images, images.count, images, target, spec.resize) };
}

/** Writes image `from` of `images`, cropped and normalised, as row `to` of `out`. */
export function normaliseCentre(
  { images, width, height, channels }: ImageSet,
  from: number,
  { imgSize }: PreprocessSpec,
  table: Float32Array,
  out: Float32Array,
  to: number,
): void {
  const top = (height - imgSize) >> 1;
  const left = (width - imgSize) >> 1;
  const second = channels === 3 ? 1 : 0;
  const third = channels === 3 ? 2 : 0;
  let write = to * imgSize * imgSize * 3;
  for (let y = 0; y < imgSize; y++) {
    let read = ((from * height + top + y) * width + left) * channels;
    for (let x = 0; x < imgSize; x++, read += channels) {
      out[write++] = table[images[read]!]!;
      out[write++] = table[256 + images[read + second]!]!;
      out[write++] = table[512 + images[read + third]!]!;
    }
  }
}

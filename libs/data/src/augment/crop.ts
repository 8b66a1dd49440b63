import { type ImageSet } from '../dataset.ts';
import { type AugmentSpec } from './spec.ts';

export interface Flip {
  readonly horizontal: boolean;
  readonly vertical: boolean;
}

/**
 * Copies a square of `side` pixels that begins at (top, left), mirrored if asked; outside the image it is black.
 *
 * @param row float32 `[side, side, 3]` on the scale 0 to 255, written
 */
export function copyCrop(
  { images, height, width, channels }: ImageSet,
  from: number,
  top: number,
  left: number,
  flip: Flip,
  row: Float32Array,
  side: number,
): void {
  const second = channels === 3 ? 1 : 0;
  const third = channels === 3 ? 2 : 0;
  const [first, step] = flip.horizontal ? [side - 1, -1] : [0, 1];
  let write = 0;
  for (let y = 0; y < side; y++) {
    const sourceY = top + (flip.vertical ? side - 1 - y : y);
    if (sourceY < 0 || sourceY >= height) {
      row.fill(0, write, (write += side * 3));
      continue;
    }
    const line = (from * height + sourceY) * width;
    for (let x = 0, sourceX = left + first; x < side; x++, sourceX += step) {
      if (sourceX < 0 || sourceX >= width) {
        row[write++] = 0;
        row[write++] = 0;
        row[write++] = 0;
        continue;
      }
      const read = (line + sourceX) * channels;
      row[write++] = images[read]!;
      row[write++] = images[read + second]!;
      row[write++] = images[read + third]!;
    }
  }
}

/** Four draws from [0, 1). */
export interface Placement {
  readonly area: number;
  readonly ratio: number;
  readonly top: number;
  readonly left: number;
}

/**
 * Cuts a random part out of an image and stretches it to a square of `side` pixels, bilinear without anti-aliasing.
 * Area is drawn evenly, the ratio evenly on a log scale; a part that would stick out is cut to the image.
 *
 * @param row float32 `[side, side, 3]` on the scale 0 to 255, written
 * Source: the random resized crop of Szegedy et al. 2014, arXiv 1409.4842, as in torchvision but without its retries.
 */
export function stretchCrop(
  { images, height, width, channels }: ImageSet,
  from: number,
  { scale, ratio }: NonNullable<AugmentSpec['resizedCrop']>,
  draw: Placement,
  flip: Flip,
  row: Float32Array,
  side: number,
): void {
  const area = (scale[0] + draw.area * (scale[1] - scale[0])) * height * width;
  const aspect = Math.exp(Math.log(ratio[0]) + draw.ratio * Math.log(ratio[1] / ratio[0]));
  const partWidth = Math.min(width, Math.sqrt(area * aspect));
  const partHeight = Math.min(height, Math.sqrt(area / aspect));
  const top = draw.top * (height - partHeight);
  const left = draw.left * (width - partWidth);
  const second = channels === 3 ? 1 : 0;
  const third = channels === 3 ? 2 : 0;
  // Columns are the same in every line: left and right neighbour (in elements) and the share of the right one.
  const columns = new Int32Array(side * 2);
  const shares = new Float64Array(side);
  for (let x = 0; x < side; x++) {
    const targetX = flip.horizontal ? side - 1 - x : x;
    const sourceX = clampTo(left + ((targetX + 0.5) * partWidth) / side - 0.5, width);
    const x0 = Math.floor(sourceX);
    columns[x * 2] = x0 * channels;
    columns[x * 2 + 1] = Math.min(width - 1, x0 + 1) * channels;
    shares[x] = sourceX - x0;
  }
  let write = 0;
  for (let y = 0; y < side; y++) {
    const targetY = flip.vertical ? side - 1 - y : y;
    const sourceY = clampTo(top + ((targetY + 0.5) * partHeight) / side - 0.5, height);
    const y0 = Math.floor(sourceY);
    const fy = sourceY - y0;
    const upper = (from * height + y0) * width * channels;
    const lower = (from * height + Math.min(height - 1, y0 + 1)) * width * channels;
    for (let x = 0; x < side; x++) {
      const x0 = columns[x * 2]!;
      const x1 = columns[x * 2 + 1]!;
      const fx = shares[x]!;
      const a = upper + x0;
      const b = upper + x1;
      const c = lower + x0;
      const d = lower + x1;
      const wa = (1 - fy) * (1 - fx);
      const wb = (1 - fy) * fx;
      const wc = fy * (1 - fx);
      const wd = fy * fx;
      row[write] = wa * images[a]! + wb * images[b]! + wc * images[c]! + wd * images[d]!;
      row[write + 1] =
        wa * images[a + second]! + wb * images[b + second]! + wc * images[c + second]! + wd * images[d + second]!;
      row[write + 2] =
        wa * images[a + third]! + wb * images[b + third]! + wc * images[c + third]! + wd * images[d + third]!;
      write += 3;
    }
  }
}

const clampTo = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));

import { type ImageSet } from '../dataset.ts';
import { normalisationTable } from '../preprocess/normalise.ts';
import { type PreprocessSpec } from '../preprocess/spec.ts';
import { randomStream, streams } from '../random/random-stream.ts';
import { adjustColour } from './colour.ts';
import { copyCrop, stretchCrop } from './crop.ts';
import { type AugmentSpec } from './spec.ts';

/**
 * Every change reads its own draws, so that switching one on or off leaves the others as they were.
 * The order is part of the format: new draws go to the end.
 */
const draws = {
  top: 0,
  left: 1,
  horizontalFlip: 2,
  verticalFlip: 3,
  jitter: 4,
  brightness: 5,
  contrast: 6,
  saturation: 7,
  grayscale: 8,
  cutout: 9,
  cutoutTop: 10,
  cutoutLeft: 11,
  area: 12,
  ratio: 13,
} as const;

/** Writes image `from`, changed at random and normalised, as row `to` of `out`; a pure function of seed, epoch and index. */
export type Augmenter = (
  images: ImageSet,
  from: number,
  at: { readonly epoch: number; readonly index: number },
  out: Float32Array,
  to: number,
) => void;

/**
 * Builds the training-time twin of `preprocess`: random crop instead of the centre crop, flips, colour changes, cutout.
 *
 * @returns a function of resized images (see `toResized`); `out` is float32 `[rows, imgSize, imgSize, 3]`
 */
export function createAugmenter(augment: AugmentSpec, preprocess: PreprocessSpec, seed: number): Augmenter {
  const { imgSize, mean, std } = preprocess;
  const pixels = imgSize * imgSize;
  const table = normalisationTable(preprocess);
  const scale = std.map((value) => 1 / (255 * value));
  const shift = mean.map((value, channel) => -value / std[channel]!);
  const around = (change: number, draw: number) => 1 + change * (2 * draw - 1);
  const u = new Float64Array(Object.keys(draws).length);

  return (images, from, { epoch, index }, out, to) => {
    const random = randomStream(seed, streams.augment, epoch, index);
    for (let draw = 0; draw < u.length; draw++) u[draw] = random.uniform();
    const row = out.subarray(to * pixels * 3, (to + 1) * pixels * 3);
    const flip = {
      horizontal: u[draws.horizontalFlip]! < augment.horizontalFlip,
      vertical: u[draws.verticalFlip]! < augment.verticalFlip,
    };

    let isWhole = true; // bytes still: the table gives what preprocess gives, to the bit
    if (augment.resizedCrop) {
      const { area, ratio, top, left } = draws;
      const place = { area: u[area]!, ratio: u[ratio]!, top: u[top]!, left: u[left]! };
      stretchCrop(images, from, augment.resizedCrop, place, flip, row, imgSize);
      isWhole = false;
    } else {
      const padding = augment.crop?.padding ?? 0;
      const place = (side: number, draw: number) =>
        augment.crop ? Math.floor(draw * (side + 2 * padding - imgSize + 1)) - padding : (side - imgSize) >> 1;
      copyCrop(images, from, place(images.height, u[draws.top]!), place(images.width, u[draws.left]!), flip, row, imgSize);
    }

    const jitter = u[draws.jitter]! < augment.jitterProbability;
    const grey = u[draws.grayscale]! < augment.grayscale;
    const brightness = jitter ? around(augment.brightness, u[draws.brightness]!) : 1;
    const contrast = jitter ? around(augment.contrast, u[draws.contrast]!) : 1;
    const saturation = grey ? 0 : jitter ? around(augment.saturation, u[draws.saturation]!) : 1;
    if (brightness !== 1 || contrast !== 1 || saturation !== 1) {
      adjustColour(row, brightness, contrast, saturation);
      isWhole = false;
    }

    if (isWhole)
      for (let at = 0; at < row.length; at += 3) {
        row[at] = table[row[at]!]!;
        row[at + 1] = table[256 + row[at + 1]!]!;
        row[at + 2] = table[512 + row[at + 2]!]!;
      }
    else
      for (let at = 0; at < row.length; at += 3) {
        row[at] = row[at]! * scale[0]! + shift[0]!;
        row[at + 1] = row[at + 1]! * scale[1]! + shift[1]!;
        row[at + 2] = row[at + 2]! * scale[2]! + shift[2]!;
      }

    if (augment.cutout && u[draws.cutout]! < augment.cutout.probability)
      cutOut(row, imgSize, augment.cutout.size, u[draws.cutoutTop]!, u[draws.cutoutLeft]!);
  };
}

/** Clears a square whose centre lies anywhere in the image; what sticks out is clipped. */
function cutOut(row: Float32Array, imgSize: number, size: number, drawTop: number, drawLeft: number): void {
  const top = Math.floor(drawTop * imgSize) - (size >> 1);
  const left = Math.floor(drawLeft * imgSize) - (size >> 1);
  const [fromX, toX] = [Math.max(0, left), Math.min(imgSize, left + size)];
  for (let y = Math.max(0, top); y < Math.min(imgSize, top + size); y++)
    row.fill(0, (y * imgSize + fromX) * 3, (y * imgSize + toX) * 3);
}

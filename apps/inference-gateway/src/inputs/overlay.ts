import type { PreprocessSpec } from '@medlego/data';
import sharp from 'sharp';
import type { ExplainedImage } from './infer.ts';

/** Small backbones take small pictures: overlays are at least so wide. */
const leastSide = 448;

/**
 * The image as the backbone got it, with what it looked at in warm colours: the patch that it looked at least keeps its own, the one that
 * it looked at most is half covered.
 *
 * @returns a PNG as `data:` URL
 */
export async function overlay({ image, shares }: ExplainedImage, spec: PreprocessSpec): Promise<string> {
  const { imgSize: side } = spec;
  const grid = Math.round(Math.sqrt(shares.length));
  const width = side * Math.max(1, Math.ceil(leastSide / side));
  const [picture, heat] = await Promise.all([
    enlarged(toBytes(image, spec), side, 3, width),
    enlarged(toRange(shares), grid, 1, width),
  ]);
  const blended = Uint8Array.from(picture, (value, i) => {
    const strength = heat[Math.floor(i / 3)]! / 255;
    const cover = strength / 2;
    return Math.round(value * (1 - cover) + warm(strength, i % 3) * cover);
  });
  const png = await sharp(blended, { raw: { width, height: width, channels: 3 } })
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}

/** From red over orange to yellow. */
const warm = (strength: number, channel: number): number => [255, 230 * strength, 30][channel]!;

/** Normalised values back to bytes. */
const toBytes = (image: Float32Array, { mean, std }: PreprocessSpec): Uint8Array =>
  Uint8Array.from(image, (value, i) =>
    Math.min(255, Math.max(0, Math.round((value * std[i % 3]! + mean[i % 3]!) * 255))),
  );

/** The least share to 0, the largest to 255; all 0 where all are the same. */
function toRange(shares: Float32Array): Uint8Array {
  const low = shares.reduce((a, b) => Math.min(a, b), Infinity);
  const high = shares.reduce((a, b) => Math.max(a, b), -Infinity);
  return Uint8Array.from(shares, (value) => (high > low ? Math.round(((value - low) / (high - low)) * 255) : 0));
}

const enlarged = (bytes: Uint8Array, side: number, channels: 1 | 3, width: number): Promise<Buffer> =>
  sharp(bytes, { raw: { width: side, height: side, channels } })
    .resize(width, width, { kernel: channels === 3 && side < leastSide ? 'nearest' : 'cubic', fit: 'fill' })
    .toColourspace(channels === 3 ? 'srgb' : 'b-w')
    .raw()
    .toBuffer();

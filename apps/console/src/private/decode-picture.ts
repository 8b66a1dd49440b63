import { type Raster } from '@medlego/data/preprocess';

/** Same limit as the server's. */
const maxPixels = 64e6;

/**
 * Decodes PNG, JPEG or WebP with the browser's own decoder: no colour management, orientation applied.
 * @returns uint8 `[height, width, 3]`
 * @throws Error for what the browser cannot read, or with transparency, which a canvas does not hand back unchanged
 */
export async function decodePicture(file: Blob): Promise<Raster> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, {
      colorSpaceConversion: 'none',
      premultiplyAlpha: 'none',
      imageOrientation: 'from-image',
    });
  } catch {
    throw new Error('Private mode reads PNG, JPEG and WebP files. For DICOM, turn it off.');
  }
  try {
    const { width, height } = bitmap;
    if (width * height > maxPixels) throw new Error(`The image has more than ${maxPixels / 1e6} million pixels.`);
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('This browser offers no canvas outside the page, which private mode needs.');
    context.drawImage(bitmap, 0, 0);
    return { data: withoutAlpha(context.getImageData(0, 0, width, height).data), width, height, channels: 3 };
  } finally {
    bitmap.close();
  }
}

function withoutAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    if (rgba[from + 3] !== 255)
      throw new Error('Private mode does not read images with transparency. Turn it off for this one.');
    rgb[to++] = rgba[from]!;
    rgb[to++] = rgba[from + 1]!;
    rgb[to++] = rgba[from + 2]!;
  }
  return rgb;
}

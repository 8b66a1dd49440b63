import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { mapConcurrent } from '@medlego/async';
import { AppError, ArchiveLimitError, InvalidValueError, toAppError, UnreadableImagesError } from '@medlego/errors';
import { type ImageSet } from '../dataset.ts';
import { decodeImage } from '../decode/decode-image.ts';
import { type Raster } from '../decode/raster.ts';
import { defaultNpzLimits } from '../npz/read-npz.ts';
import { resizeImages } from '../preprocess/resample.ts';
import { resizedSide } from '../preprocess/spec.ts';
import { ImageStack } from './image-stack.ts';
import { type OpenOptions } from './options.ts';

export interface LoadedImages extends ImageSet {
  /** Which of the files are the rows of the images, in order. */
  readonly kept: readonly number[];
  /** SHA-256 of each file, by its number; undefined where it could not be read. */
  readonly hashes: readonly (string | undefined)[];
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

const namedInMessage = 5;
const concurrency = 8;

/**
 * Reads and decodes many image files. All are tried even if some fail, so that one run names them all.
 *
 * @throws UnreadableImagesError unless `skipBad`; InvalidValueError if sizes differ and no preprocessing was given;
 *   ArchiveLimitError if the images would not fit into `limits.maxBytes`
 */
export async function loadImages(source: string, files: readonly string[], options: OpenOptions): Promise<LoadedImages> {
  const maxBytes = options.limits?.maxBytes ?? defaultNpzLimits.maxBytes;
  const hashes = new Array<string | undefined>(files.length);
  const skipped: { file: string; reason: string; index: number }[] = [];
  let stack: ImageStack | undefined;
  let done = 0;

  const load = async (file: string, index: number) => {
    const raster = await readRaster(file, hashes, index, options).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      skipped.push({ file, reason: error.message.replace(`${file}: `, ''), index });
      return undefined;
    });
    options.onProgress?.(++done, files.length);
    if (!raster) return;
    if (!stack) {
      const bytes = files.length * raster.data.length;
      if (bytes > maxBytes)
        throw new ArchiveLimitError({
          file: source,
          entry: `${files.length} images of ${raster.width} x ${raster.height}`,
          limit: 'total bytes',
          allowed: maxBytes,
          actual: bytes,
        });
      stack = new ImageStack(files.length, raster.height, raster.width);
    }
    if (raster.height !== stack.height || raster.width !== stack.width)
      throw new InvalidValueError(
        { field: file, expected: `${stack.width} x ${stack.height}, as the images before`, actual: `${raster.width} x ${raster.height}` },
        { hint: 'Say for which backbone the images are meant: they are then resized as it asks.' },
      );
    stack.set(index, raster);
  };
  await mapConcurrent(files, { limit: concurrency, ...(options.signal && { signal: options.signal }) }, load);

  skipped.sort((a, b) => a.index - b.index);
  if (skipped.length > 0 && (!options.skipBad || !stack))
    throw new UnreadableImagesError({
      source,
      count: skipped.length,
      total: files.length,
      first: skipped.slice(0, namedInMessage).map(({ file, reason }) => ({ file, reason })),
    });
  if (!stack) throw new InvalidValueError({ field: source, expected: 'at least one image', actual: 'none' });
  const bad = new Set(skipped.map(({ index }) => index));
  const kept = files.map((_, index) => index).filter((index) => !bad.has(index));
  return { ...stack.take(kept), kept, hashes, skipped: skipped.map(({ file, reason }) => ({ file, reason })) };
}

async function readRaster(
  file: string,
  hashes: (string | undefined)[],
  index: number,
  { preprocess }: OpenOptions,
): Promise<Raster> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw toAppError(error, { path: file, what: 'image' });
  });
  hashes[index] = createHash('sha256').update(bytes).digest('hex');
  const raster = await decodeImage(bytes, { file });
  if (!preprocess) return raster;
  const side = resizedSide(preprocess);
  const target = { height: side, width: side };
  return { ...raster, ...target, data: resizeImages(raster.data, 1, raster, target, preprocess.resize) };
}

import { preprocess, type ImageSet, type PreprocessSpec } from '@medlego/data';
import { float32 } from '@medlego/tensors';
import type { ImageBatches } from './image-batches.ts';

/** A split's images in their own order, without augmentation, preprocessed batch by batch. `images` is borrowed. */
export function splitImages(images: ImageSet, spec: PreprocessSpec): ImageBatches {
  const pixels = images.height * images.width * images.channels;
  return {
    count: images.count,
    shape: [spec.imgSize, spec.imgSize, 3],
    at: (from, rows) => {
      const part = { ...images, count: rows, images: images.images.subarray(from * pixels, (from + rows) * pixels) };
      return float32([rows, spec.imgSize, spec.imgSize, 3], preprocess(part, spec));
    },
  };
}

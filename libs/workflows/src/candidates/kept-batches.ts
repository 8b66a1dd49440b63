import { float32, type HostTensor } from '@medlego/tensors';
import type { ImageBatches } from '@medlego/training';

/** Images of one run of the graph: the first `rows` of [size, H, W, C] count, the rest are zeros. */
export interface PaddedBatch {
  readonly rows: number;
  readonly images: HostTensor<'float32'>;
}

/** Room for preprocessed images, shared by all tasks. */
export interface ImageRoom {
  /** Bytes that may still be kept. */
  left: number;
}

/**
 * Preprocessed images in batches of `size`, kept after the first pass as long as there is room: a candidate then costs forward
 * passes only. Batches that found no room are preprocessed again at every pass.
 */
export function keptBatches(images: ImageBatches, size: number, room: ImageRoom): () => Iterable<PaddedBatch> {
  const [height, width, channels] = images.shape;
  const kept = new Map<number, PaddedBatch>();
  const make = (from: number): PaddedBatch => {
    const rows = Math.min(size, images.count - from);
    const part = images.at(from, rows);
    if (rows === size) return { rows, images: part };
    const data = new Float32Array(size * height * width * channels);
    data.set(part.data);
    return { rows, images: float32([size, height, width, channels], data) };
  };
  return function* () {
    for (let from = 0; from < images.count; from += size) {
      let batch = kept.get(from);
      if (!batch) {
        batch = make(from);
        const bytes = batch.images.data.byteLength;
        if (bytes <= room.left) {
          room.left -= bytes;
          kept.set(from, batch);
        }
      }
      yield batch;
    }
  };
}

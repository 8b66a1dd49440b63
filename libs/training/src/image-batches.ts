import { float32, type HostTensor } from '@medlego/tensors';

/** Images as a model takes them, made a few at a time: only one batch of floats is in memory. */
export interface ImageBatches {
  readonly count: number;
  /** Shape of one image, [H, W, C]. */
  readonly shape: readonly [number, number, number];
  /** Rows `from` to `from + rows`, normalised float32 [rows, H, W, C]. */
  at(from: number, rows: number): HostTensor<'float32'>;
}

/** [size, ...] with the rows of `tensor` in front and zeros after them: programs are compiled for one batch size. */
export function padRows(tensor: HostTensor<'float32'>, size: number): HostTensor<'float32'> {
  const [rows, ...rest] = tensor.shape as [number, ...number[]];
  if (rows === size) return tensor;
  const data = new Float32Array((tensor.data.length / Math.max(rows, 1)) * size);
  data.set(tensor.data);
  return float32([size, ...rest], data);
}

/**
 * Calls `run` on padded batches of `size` rows and puts its outputs [size, width] together.
 * @returns [count, width] float32
 */
export async function mapBatches(
  images: ImageBatches,
  size: number,
  width: number,
  run: (batch: HostTensor<'float32'>) => Promise<HostTensor<'float32'>>,
): Promise<HostTensor<'float32'>> {
  const data = new Float32Array(images.count * width);
  for (let from = 0; from < images.count; from += size) {
    const rows = Math.min(size, images.count - from);
    const out = await run(padRows(images.at(from, rows), size));
    data.set(out.data.subarray(0, rows * width), from * width);
  }
  return float32([images.count, width], data);
}

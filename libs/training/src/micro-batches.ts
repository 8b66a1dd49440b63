import { float32, type HostTensor } from '@medlego/tensors';

/** The tensors of a batch that have a row per image. */
export interface BatchRows {
  readonly images: HostTensor<'float32'>;
  readonly targets: HostTensor<'float32'>;
  readonly weights: HostTensor<'float32'>;
}

/** Equal parts of `size` rows, the last one padded with rows of weight 0. Parts without any weight are left out. */
export function splitBatch(batch: BatchRows, size: number): BatchRows[] {
  const rows = batch.weights.shape[0]!;
  const parts: BatchRows[] = [];
  for (let from = 0; from < rows; from += size) {
    const weights = cutRows(batch.weights, from, size);
    if (from > 0 && weights.data.every((weight) => weight === 0)) continue;
    parts.push({ images: cutRows(batch.images, from, size), targets: cutRows(batch.targets, from, size), weights });
  }
  return parts;
}

function cutRows(tensor: HostTensor<'float32'>, from: number, size: number): HostTensor<'float32'> {
  const width = tensor.shape.slice(1).reduce((product, dim) => product * dim, 1);
  const data = new Float32Array(size * width);
  data.set(tensor.data.subarray(from * width, (from + size) * width));
  return float32([size, ...tensor.shape.slice(1)], data);
}

import type { AdapterUpdates } from '@medlego/linalg';
import { float32, type NamedTensors } from '@medlego/tensors';

/** Ranks that mixed batches are padded to: each has a compiled graph of its own. */
export const rankBuckets = [4, 8, 16, 32, 64, 96, 128, 256, 512, 768, 1024] as const;

export const rankBucket = (rank: number): number => rankBuckets.find((size) => size >= rank) ?? rank;

/**
 * The adapters of a batch's rows, one after the other, padded to one rank with zeros in E (and in A and B).
 * Scale goes into E, so that adapters of any scale can be neighbours.
 *
 * @param rows one per image
 * @param modules every module that any of them adapts, with its size
 * @returns `<module>.lora_A [B, rank, in]`, `.lora_B [B, out, rank]`, `.lora_E [B, rank]`
 */
export function stackAdapters(
  rows: readonly AdapterUpdates[],
  modules: ReadonlyMap<string, { readonly out: number; readonly in: number }>,
  rank: number,
): NamedTensors {
  const stacked: Record<string, NamedTensors[string]> = {};
  for (const [module, { out, in: inner }] of modules) {
    const a = new Float32Array(rows.length * rank * inner);
    const b = new Float32Array(rows.length * out * rank);
    const e = new Float32Array(rows.length * rank);
    rows.forEach((updates, row) => {
      const update = updates[module];
      if (!update) return;
      a.set(update.a, row * rank * inner);
      for (let o = 0; o < out; o++)
        b.set(update.b.subarray(o * update.rank, (o + 1) * update.rank), (row * out + o) * rank);
      for (let k = 0; k < update.rank; k++) e[row * rank + k] = update.e[k]! * update.scaling;
    });
    stacked[`${module}.lora_A`] = float32([rows.length, rank, inner], a);
    stacked[`${module}.lora_B`] = float32([rows.length, out, rank], b);
    stacked[`${module}.lora_E`] = float32([rows.length, rank], e);
  }
  return stacked;
}

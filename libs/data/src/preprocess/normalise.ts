import { type PreprocessSpec } from './spec.ts';

/** For each channel the normalised value of every byte: `[3, 256]` float32. */
export function normalisationTable({ mean, std }: Pick<PreprocessSpec, 'mean' | 'std'>): Float32Array {
  const table = new Float32Array(3 * 256);
  for (let channel = 0; channel < 3; channel++)
    for (let value = 0; value < 256; value++)
      table[channel * 256 + value] = (value / 255 - mean[channel]!) / std[channel]!;
  return table;
}

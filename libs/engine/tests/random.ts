import { float32, sizeOf, type HostTensor } from '@medlego/tensors';

/** Seeded uniform numbers in [0, 1) (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Seeded Gaussian tensors. */
export function gaussian(seed: number): (shape: readonly number[], deviation: number) => HostTensor<'float32'> {
  const next = uniform(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return (shape, deviation) =>
    float32(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => normal() * deviation),
    );
}

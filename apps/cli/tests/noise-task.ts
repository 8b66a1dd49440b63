import { encodeNpz, type NpyArray } from '@medlego/data';

/** 24 + 8 + 8 grey noise images of 28 pixels with two labels, as MedMNIST stores them. */
export function noiseTask(seed: number): Uint8Array {
  let state = seed;
  const next = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 24;
  const split = (name: string, count: number): Record<string, NpyArray> => ({
    [`${name}_images`]: {
      descr: '|u1',
      shape: [count, 28, 28],
      data: Uint8Array.from({ length: count * 784 }, next),
    },
    [`${name}_labels`]: {
      descr: '|u1',
      shape: [count, 1],
      data: Uint8Array.from({ length: count }, (_, i) => i % 2),
    },
  });
  return Buffer.concat(encodeNpz({ ...split('train', 24), ...split('val', 8), ...split('test', 8) }));
}

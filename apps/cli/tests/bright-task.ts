import { encodeNpz, type NpyArray } from '@medlego/data';

/** 24 + 8 + 16 grey images of 28 pixels, dark or bright with some noise: a task that every backbone can learn, as MedMNIST stores them. */
export function brightTask(seed: number): Uint8Array {
  let state = seed;
  const next = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 24;
  const split = (name: string, count: number): Record<string, NpyArray> => ({
    [`${name}_images`]: {
      descr: '|u1',
      shape: [count, 28, 28],
      data: Uint8Array.from({ length: count * 784 }, (_, i) => 40 + 120 * (Math.floor(i / 784) % 2) + (next() >> 2)),
    },
    [`${name}_labels`]: {
      descr: '|u1',
      shape: [count, 1],
      data: Uint8Array.from({ length: count }, (_, i) => i % 2),
    },
  });
  return Buffer.concat(encodeNpz({ ...split('train', 24), ...split('val', 8), ...split('test', 16) }));
}

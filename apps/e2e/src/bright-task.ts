import { encodeNpz, type NpyArray } from '@medlego/data';
import { RandomStream } from '@medlego/vit';

/** Small grey images, dark or bright with some noise, as MedMNIST stores them: a task that every backbone learns in one epoch. */
export function brightTask(seed: number): Uint8Array {
  const noise = new RandomStream(seed, 'bright');
  const split = (name: string, count: number): Record<string, NpyArray> => ({
    [`${name}_images`]: {
      descr: '|u1',
      shape: [count, 28, 28],
      data: Uint8Array.from(
        noise.uniforms(count * 784, 60),
        (value, i) => 40 + 120 * (Math.floor(i / 784) % 2) + value,
      ),
    },
    [`${name}_labels`]: {
      descr: '|u1',
      shape: [count, 1],
      data: Uint8Array.from({ length: count }, (_, i) => i % 2),
    },
  });
  return Buffer.concat(encodeNpz({ ...split('train', 24), ...split('val', 8), ...split('test', 16) }));
}

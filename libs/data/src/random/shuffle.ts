import { randomStream, type RandomStream } from './random-stream.ts';

/** Shuffles in place (Fisher-Yates). */
export function shuffle<T extends { length: number; [index: number]: unknown }>(list: T, random: RandomStream): T {
  for (let last = list.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const kept = list[last];
    list[last] = list[other];
    list[other] = kept;
  }
  return list;
}

/** The numbers 0 to count - 1 in the random order of (seed, stream, epoch). */
export const permutation = (count: number, seed: number, stream: number, epoch: number): Uint32Array =>
  shuffle(
    Uint32Array.from({ length: count }, (_, index) => index),
    randomStream(seed, stream, epoch, 0),
  );

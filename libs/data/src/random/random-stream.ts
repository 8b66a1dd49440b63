import { philox } from './philox.ts';

/** What the numbers are for; draws for one purpose never depend on how many another took. */
export const streams = { shuffle: 1, augment: 2, split: 3 } as const;

/** A sequence of random numbers that is a pure function of what it was made from. */
export interface RandomStream {
  /** The next 32-bit unsigned integer. */
  uint32(): number;
  /** The next number in [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** The next integer in [0, bound); its bias is below bound / 2^32. */
  integer(bound: number): number;
}

/**
 * Numbers for (seed, stream, epoch, index), the same on every machine.
 *
 * @param seed   a non-negative integer below 2^53
 * @param stream one of `streams`
 * @param epoch  and `index`: 32-bit unsigned integers
 */
export function randomStream(seed: number, stream: number, epoch: number, index: number): RandomStream {
  const key = Uint32Array.of(seed >>> 0, Math.floor(seed / 2 ** 32));
  const counter = Uint32Array.of(0, index, epoch, stream);
  const block = new Uint32Array(4);
  let used = 4;
  const uint32 = () => {
    if (used === 4) {
      philox(counter, key, block);
      counter[0]!++;
      used = 0;
    }
    return block[used++]!;
  };
  const uniform = () => uint32() / 2 ** 32;
  return { uint32, uniform, integer: (bound) => Math.floor(uniform() * bound) };
}

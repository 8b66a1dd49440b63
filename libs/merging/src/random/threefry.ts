/*
 * Threefry 2x32 with 20 rounds: random numbers by their place in a sequence, not by their turn. An entry's number is a pure
 * function of (key, counter), so the order of work, and how it is split, cannot change a merge.
 * Source: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3.
 */

/** Two 32-bit words. */
export type Words = readonly [number, number];

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const parity = 0x1bd11bda;

const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by));

/** The two random words, unsigned, of a counter under a key. */
export function threefry([k0, k1]: Words, [c0, c1]: Words): Words {
  const keys = [k0, k1, k0 ^ k1 ^ parity];
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  for (let round = 0; round < 20; round++) {
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, rotations[round & 7]!) ^ x0;
    if ((round & 3) === 3) {
      const step = (round + 1) >> 2;
      x0 = (x0 + keys[step % 3]!) | 0;
      x1 = (x1 + keys[(step + 1) % 3]! + step) | 0;
    }
  }
  return [x0 >>> 0, x1 >>> 0];
}

/**
 * The first `length` random words of the sequence that a key names; equal to `threefry(key, [0, 0])`, `threefry(key, [1, 0])`, ...
 * side by side. The rounds are written out: this runs once per entry of a model.
 */
export function randomWords([k0, k1]: Words, length: number): Uint32Array {
  const k2 = k0 ^ k1 ^ parity;
  const words = new Uint32Array(length + (length & 1));
  for (let i = 0; i < length; i += 2) {
    let x0 = ((i >>> 1) + k0) | 0;
    let x1 = k1 | 0;
    for (let step = 1, a = k1, b = k2; step <= 5; step++) {
      // Groups of four rounds use the two halves of the rotations in turn.
      if (step & 1) {
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
      } else {
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
      }
      x0 = (x0 + a) | 0;
      x1 = (x1 + b + step) | 0;
      const next = parity ^ a ^ b; // the third of the keys, whose exclusive or is the parity
      a = b;
      b = next;
    }
    words[i] = x0;
    words[i + 1] = x1;
  }
  return words.subarray(0, length);
}

/** Uniform random integers in [0, below), the same sequence for the same seed on every machine. */
export type RandomInt = (below: number) => number;

/**
 * xoshiro128++ seeded by splitmix32. Integers come without bias: draws from the incomplete last stretch of 2^32 are
 * thrown away.
 *
 * Source: Blackman and Vigna 2021, arXiv 1805.01407.
 */
export function createRandomInt(seed: number): RandomInt {
  const state = new Uint32Array(4);
  let mixer = seed >>> 0;
  for (let at = 0; at < 4; at++) {
    mixer = (mixer + 0x9e3779b9) >>> 0;
    let z = mixer;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    state[at] = z ^ (z >>> 15);
  }
  const next = (): number => {
    const [s0, s1, , s3] = state as unknown as [number, number, number, number];
    const result = (rotateLeft((s0 + s3) | 0, 7) + s0) >>> 0;
    state[2]! ^= s0;
    state[3]! ^= s1;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= s1 << 9;
    state[3] = rotateLeft(state[3]!, 11);
    return result;
  };
  return (below) => {
    const limit = 2 ** 32 - (2 ** 32 % below);
    let draw = next();
    while (draw >= limit) draw = next();
    return draw % below;
  };
}

const rotateLeft = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const rounds = 10;

/** The upper 32 bits of a 32 x 32 bit product. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000);
}

/**
 * One block of Philox4x32-10: four independent 32-bit words for every (key, counter). Being a pure function of its
 * arguments, it lets any draw be repeated without replaying those before it.
 *
 * @param counter four 32-bit words, borrowed
 * @param key     two 32-bit words, borrowed
 * @param out     four words, written
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", SC '11.
 */
export function philox(counter: Uint32Array, key: Uint32Array, out: Uint32Array): void {
  let [c0, c1, c2, c3] = counter as unknown as [number, number, number, number];
  let [k0, k1] = key as unknown as [number, number];
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(multiplier0, c0);
    const low0 = Math.imul(multiplier0, c0);
    const high1 = multiplyHigh(multiplier1, c2);
    const low1 = Math.imul(multiplier1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + weyl0) >>> 0;
    k1 = (k1 + weyl1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

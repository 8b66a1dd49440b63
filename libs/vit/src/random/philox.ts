/** High 32 bits of the product of two unsigned 32-bit numbers, by 16-bit halves: a double holds no 64-bit product. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (cross >>> 16)) >>> 0;
}

/**
 * Philox4x32-10: four random 32-bit words for a counter of four words and a key of two. No state: the same arguments give the
 * same words, so any part of a stream can be made alone and in any order.
 *
 * @param out receives the four words
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3 and table 2.
 */
export function philox4x32(counter: Uint32Array, key0: number, key1: number, out: Uint32Array): void {
  let [c0, c1, c2, c3] = counter as unknown as [number, number, number, number];
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = mulHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ key0) >>> 0, low1, (high0 ^ c3 ^ key1) >>> 0, low0];
    key0 = (key0 + 0x9e3779b9) >>> 0;
    key1 = (key1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

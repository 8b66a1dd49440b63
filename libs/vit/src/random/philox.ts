/**
 * High 32 bits of the product of two unsigned 32-bit numbers, by 16-bit halves: a double holds no 64-bit product.
 * Every partial product fits 32 bits, which keeps it an integer multiplication.
 */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const cross = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (cross >>> 16)) | 0;
}

/**
 * Philox4x32-10: four random 32-bit words for a counter of four words and a key of two. No state: the same arguments give the
 * same words, so any part of a stream can be made alone and in any order.
 *
 * @param counter four words, borrowed
 * @param out receives the four words
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3 and table 2.
 */
export function philox4x32(counter: Uint32Array, key0: number, key1: number, out: Uint32Array): void {
  // Signed 32-bit integers throughout: the bits are the same, and the loop stays out of floating point.
  let c0 = counter[0]! | 0;
  let c1 = counter[1]! | 0;
  let c2 = counter[2]! | 0;
  let c3 = counter[3]! | 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53 | 0, c0);
    const low0 = Math.imul(0xd2511f53 | 0, c0);
    const high1 = mulHigh(0xcd9e8d57 | 0, c2);
    const low1 = Math.imul(0xcd9e8d57 | 0, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + (0x9e3779b9 | 0)) | 0;
    k1 = (k1 + (0xbb67ae85 | 0)) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

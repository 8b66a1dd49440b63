import { type LowRankUpdate } from '@medlego/linalg';

/*
 * Keys for random numbers that depend on what a member is and not on what it is called or where it stands in a list: a merge
 * then drops the same entries of a specialist whoever else takes part, under whatever name.
 */

/** 32-bit hash of an array's bits (FNV-1a over words, with a final mix). Not cryptographic. */
export function hashBits({ buffer, byteOffset, byteLength }: ArrayBufferView, seed = 0x811c9dc5): number {
  let hash = seed >>> 0;
  const words = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
  for (let i = 0; i < words.length; i++) {
    hash = Math.imul(hash ^ words[i]!, 0x01000193);
    hash ^= hash >>> 15; // FNV alone never lets high bits act on low ones
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** 32-bit hash of a text's code units. */
export const hashText = (text: string): number => hashBits(Uint32Array.from(text, (char) => char.codePointAt(0)!));

/** Key of an update: of its factors without the scaling, so that a scaled member keeps its random numbers. 0 for none. */
export const updateKey = (update: LowRankUpdate | undefined): number =>
  update ? hashBits(update.b, hashBits(update.e, hashBits(update.a))) : 0;

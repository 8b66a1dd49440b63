import { InvalidValueError } from '@medlego/errors';
import { philox4x32 } from './philox.ts';

/** Two 32-bit FNV-1a hashes of a name, from different offsets: the upper half of the counter. */
function hashName(name: string): [number, number] {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let i = 0; i < name.length; i++) {
    low = Math.imul(low ^ name.charCodeAt(i), 0x01000193);
    high = Math.imul(high ^ name.charCodeAt(i), 0x85ebca6b);
  }
  return [low >>> 0, high >>> 0];
}

/**
 * Random numbers of one (seed, name): tensors drawn under different names are independent, and neither their order nor their
 * presence changes one another. Same seed and name, same bytes.
 */
export class RandomStream {
  readonly #counter: Uint32Array;
  readonly #key0: number;
  readonly #key1: number;
  readonly #words = new Uint32Array(4);
  readonly #normals = new Float64Array(4);

  /** @param seed whole number from 0 to 2^53 - 1 @throws InvalidValueError for another seed */
  constructor(seed: number, name: string) {
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new InvalidValueError({ field: 'seed', expected: 'a whole number from 0 to 2^53 - 1', actual: seed });
    this.#key0 = seed >>> 0;
    this.#key1 = Math.floor(seed / 2 ** 32);
    this.#counter = Uint32Array.of(0, 0, ...hashName(name));
  }

  #nextWords(): Uint32Array {
    philox4x32(this.#counter, this.#key0, this.#key1, this.#words);
    this.#counter[0]!++;
    if (this.#counter[0] === 0) this.#counter[1]!++;
    return this.#words;
  }

  /** Four more numbers of N(0, 1), by Box and Muller, from four words. */
  #nextNormals(): Float64Array {
    const words = this.#nextWords();
    for (let pair = 0; pair < 4; pair += 2) {
      // Half a step above zero, so that the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log((words[pair]! + 0.5) / 2 ** 32));
      const angle = 2 * Math.PI * ((words[pair + 1]! + 0.5) / 2 ** 32);
      this.#normals[pair] = radius * Math.cos(angle);
      this.#normals[pair + 1] = radius * Math.sin(angle);
    }
    return this.#normals;
  }

  /** `size` numbers of N(0, std²), float32, owned by the caller. */
  normals(size: number, std: number): Float32Array {
    return this.#draw(size, std, Infinity);
  }

  /** The same with everything beyond two standard deviations drawn again. */
  truncatedNormals(size: number, std: number): Float32Array {
    return this.#draw(size, std, 2);
  }

  #draw(size: number, std: number, limit: number): Float32Array {
    const values = new Float32Array(size);
    for (let filled = 0; filled < size;) {
      const normals = this.#nextNormals();
      for (let j = 0; j < 4 && filled < size; j++)
        if (Math.abs(normals[j]!) <= limit) values[filled++] = normals[j]! * std;
    }
    return values;
  }

  /** `size` numbers, uniform between -bound and bound. */
  uniforms(size: number, bound: number): Float32Array {
    const values = new Float32Array(size);
    for (let i = 0; i < size; i += 4) {
      const words = this.#nextWords();
      for (let j = 0; j < 4 && i + j < size; j++) values[i + j] = ((words[j]! + 0.5) / 2 ** 31 - 1) * bound;
    }
    return values;
  }
}

/*
 * The k-th largest magnitude of a stream of float64 numbers, exactly, in a few passes and without holding the stream.
 *
 * Positive floats are ordered as their bits are. A histogram over the leading bits says in which bin the wanted number lies;
 * the next pass looks into that bin alone. As soon as a bin is small its numbers are collected and sorted. Two passes are the
 * rule; numbers that agree in all leading bits take up to two more. A stream that turns out to be short is held and sorted.
 */

/** Bits that one pass resolves. The first sees the exponent (11 bits) and the first 9 of the mantissa. */
const passBits = [20, 22, 21] as const;
/** Bins up to this many numbers are collected: 8 MB. */
const collectLimit = 2 ** 20;

/** Streams up to this many numbers are held: 512 kB, less than a histogram. */
const heldLimit = 2 ** 16;

/** Position of a bin: the leading bits of the magnitudes in it. `high` has 31 bits (no sign), `low` 32. */
interface Prefix {
  readonly high: number;
  readonly low: number;
}

const whole: Prefix = { high: 0, low: 0 };

export class MagnitudeSelector {
  #count = 0;
  #rank: number | undefined;
  #prefix = whole;
  #level = 0;
  /** The stream itself while it is short; what comes after that is counted in the histogram. */
  #held: Float64Array | undefined;
  #histogram: Uint32Array | undefined;
  #collected: Float64Array | undefined;
  #filled = 0;
  #threshold: number | undefined;
  readonly #wanted: (count: number) => number;

  /**
   * @param wanted from the number of entries to how many of the largest are wanted, k
   * @param held   how many entries may be held
   */
  constructor(wanted: (count: number) => number, held = heldLimit) {
    this.#wanted = wanted;
    this.#held = new Float64Array(held);
  }

  /** Reads some entries; every pass must read all, in whatever pieces. */
  add(entries: Float64Array): void {
    if (this.#threshold !== undefined) return;
    if (this.#collected) this.#collect(entries);
    else if (this.#level === 0) this.#hold(entries);
    else this.#countWithin(entries);
  }

  /** Ends a pass: undefined if another one is needed, else the k-th largest magnitude; Infinity for k = 0, 0 for k ≥ n. */
  endPass(): number | undefined {
    if (this.#threshold !== undefined) return this.#threshold;
    if (this.#collected) return this.#finish(this.#collected.sort().at(-this.#rank!)!);
    if (this.#held) return this.#finish(largestOf(this.#held.subarray(0, this.#count), this.#wanted(this.#count)));
    if (this.#rank === undefined) {
      this.#rank = this.#wanted(this.#count);
      if (this.#rank <= 0) return this.#finish(Infinity);
      if (this.#rank >= this.#count) return this.#finish(0);
    }
    this.#narrow();
    return this.#threshold;
  }

  #finish(threshold: number): number {
    this.#held = this.#histogram = this.#collected = undefined;
    return (this.#threshold = threshold);
  }

  #hold(entries: Float64Array): void {
    const count = this.#count + entries.length;
    if (this.#held && count <= this.#held.length) this.#held.set(entries, this.#count);
    else {
      if (this.#held) {
        this.#histogram = new Uint32Array(2 ** passBits[0]);
        this.#countLeading(this.#held.subarray(0, this.#count));
        this.#held = undefined;
      }
      this.#countLeading(entries);
    }
    this.#count = count;
  }

  #countLeading(entries: Float64Array): void {
    const words = wordsOf(entries);
    const histogram = this.#histogram!;
    for (let i = 1; i < words.length; i += 2) {
      const bin = (words[i]! & 0x7fffffff) >>> 11;
      histogram[bin] = histogram[bin]! + 1;
    }
  }

  #countWithin(entries: Float64Array): void {
    const words = wordsOf(entries);
    const histogram = this.#histogram!;
    const { high, low } = this.#prefix;
    const second = this.#level === 1;
    for (let i = 0; i < words.length; i += 2) {
      const h = words[i + 1]! & 0x7fffffff;
      if (h >>> 11 !== high >>> 11) continue;
      const l = words[i]!;
      if (second) {
        // 11 bits of the high word and 11 of the low one
        const bin = ((h & 0x7ff) << 11) | (l >>> 21);
        histogram[bin] = histogram[bin]! + 1;
      } else if (h === high && l >>> 21 === low >>> 21) {
        const bin = l & 0x1fffff;
        histogram[bin] = histogram[bin]! + 1;
      }
    }
  }

  #collect(entries: Float64Array): void {
    const words = wordsOf(entries);
    const collected = this.#collected!;
    const { high, low } = this.#prefix;
    const second = this.#level > 1;
    for (let i = 0; i < entries.length; i++) {
      const h = words[2 * i + 1]! & 0x7fffffff;
      if (h >>> 11 !== high >>> 11) continue;
      if (second && (h !== high || words[2 * i]! >>> 21 !== low >>> 21)) continue;
      collected[this.#filled++] = Math.abs(entries[i]!);
    }
  }

  /** Goes from the highest bin down to the one that holds the wanted number. */
  #narrow(): void {
    const histogram = this.#histogram!;
    let bin = histogram.length - 1;
    let rank = this.#rank!;
    while (rank > histogram[bin]!) rank -= histogram[bin--]!;
    this.#rank = rank;
    const size = histogram[bin]!;
    this.#prefix = extend(this.#prefix, this.#level, bin);
    this.#level++;
    if (this.#level === passBits.length) {
      this.#finish(numberOf(this.#prefix));
    } else if (size <= collectLimit) {
      this.#collected = new Float64Array(size);
      this.#histogram = undefined;
    } else this.#histogram = new Uint32Array(2 ** passBits[this.#level]!);
  }
}

/** k-th largest magnitude of an array at hand. */
export function selectMagnitude(entries: Float64Array, wanted: (count: number) => number, held = heldLimit): number {
  if (entries.length <= held) return largestOf(entries, wanted(entries.length));
  const selector = new MagnitudeSelector(wanted, 0);
  for (;;) {
    selector.add(entries);
    const threshold = selector.endPass();
    if (threshold !== undefined) return threshold;
  }
}

function largestOf(entries: Float64Array, k: number): number {
  if (k <= 0) return Infinity;
  if (k >= entries.length) return 0;
  return entries.map(Math.abs).sort().at(-k)!;
}

const wordsOf = ({ buffer, byteOffset, length }: Float64Array) => new Uint32Array(buffer, byteOffset, 2 * length);

function extend({ high, low }: Prefix, level: number, bin: number): Prefix {
  switch (level) {
    case 0:
      return { high: bin << 11, low: 0 };
    case 1:
      return { high: high | (bin >>> 11), low: ((bin & 0x7ff) << 21) >>> 0 };
    default:
      return { high, low: (low | bin) >>> 0 };
  }
}

const numberOf = ({ high, low }: Prefix): number => new Float64Array(Uint32Array.of(low, high).buffer)[0]!;

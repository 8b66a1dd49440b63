import { type ResizeFilter } from './spec.ts';

/** Which source pixels make one target pixel, and with which weights. */
interface Taps {
  /** First source index of each target index. */
  readonly first: Int32Array;
  /** Number of source pixels of each target index. */
  readonly count: Int32Array;
  /** `[target, width]` fixed-point weights. */
  readonly weights: Int32Array;
  readonly width: number;
}

/** 32 bits less 8 for the value and 2 for sums that overshoot. */
const precisionBits = 22;

const kernels: Record<'bicubic' | 'bilinear', { support: number; weight: (x: number) => number }> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    weight: (x) => {
      const a = -0.5;
      const t = Math.abs(x);
      if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
      if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
      return 0;
    },
  },
};

function tapsOf(source: number, target: number, filter: 'bicubic' | 'bilinear'): Taps {
  const { support, weight } = kernels[filter];
  const scale = source / target;
  const stretch = Math.max(1, scale); // widens the kernel when shrinking: anti-aliasing
  const reach = support * stretch;
  const width = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(target);
  const count = new Int32Array(target);
  const weights = new Int32Array(target * width);
  for (let index = 0; index < target; index++) {
    const center = (index + 0.5) * scale;
    const from = Math.max(0, Math.trunc(center - reach + 0.5));
    const to = Math.min(source, Math.trunc(center + reach + 0.5));
    const exact = Array.from({ length: to - from }, (_, tap) => weight((from + tap - center + 0.5) / stretch));
    const total = exact.reduce((sum, value) => sum + value, 0);
    first[index] = from;
    count[index] = exact.length;
    exact.forEach((value, tap) => {
      const scaled = (value / total) * 2 ** precisionBits;
      weights[index * width + tap] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    });
  }
  return { first, count, weights, width };
}

/**
 * Resamples one axis of `[outer, source, inner]` to `[outer, target, inner]`.
 * Sums are exact integers, so the result does not depend on the machine.
 */
function resampleAxis(data: Uint8Array, outer: number, source: number, target: number, inner: number, taps: Taps): Uint8Array {
  const out = new Uint8Array(outer * target * inner);
  const { first, count, weights, width } = taps;
  for (let o = 0; o < outer; o++)
    for (let t = 0; t < target; t++) {
      const base = (o * source + first[t]!) * inner;
      const tapCount = count[t]!;
      const weightBase = t * width;
      const to = (o * target + t) * inner;
      for (let i = 0; i < inner; i++) {
        let sum = 1 << (precisionBits - 1);
        for (let tap = 0, from = base + i; tap < tapCount; tap++, from += inner)
          sum += data[from]! * weights[weightBase + tap]!;
        const value = sum >> precisionBits;
        out[to + i] = value < 0 ? 0 : value > 255 ? 255 : value;
      }
    }
  return out;
}

function nearest(data: Uint8Array, count: number, size: ImageSize, target: TargetSize): Uint8Array {
  const { height, width, channels } = size;
  const out = new Uint8Array(count * target.height * target.width * channels);
  const columns = Int32Array.from({ length: target.width }, (_, x) => Math.floor(((x + 0.5) * width) / target.width));
  let to = 0;
  for (let image = 0; image < count; image++)
    for (let y = 0; y < target.height; y++) {
      const row = (image * height + Math.floor(((y + 0.5) * height) / target.height)) * width;
      for (const column of columns)
        for (let channel = 0; channel < channels; channel++) out[to++] = data[(row + column) * channels + channel]!;
    }
  return out;
}

export interface TargetSize {
  readonly height: number;
  readonly width: number;
}

export interface ImageSize extends TargetSize {
  readonly channels: number;
}

/**
 * Resizes 8-bit images to the byte as PIL's `Image.resize` does with the filter of the same name: first across, then down,
 * 22-bit fixed-point weights, rounded to 8 bits in between. Filters are widened when an image shrinks.
 *
 * @param data  uint8 `[count, height, width, channels]`, borrowed
 * @returns     uint8 `[count, target.height, target.width, channels]`; `data` itself where the size stays
 */
export function resizeImages(
  data: Uint8Array,
  count: number,
  size: ImageSize,
  target: TargetSize,
  filter: ResizeFilter,
): Uint8Array {
  const { height, width, channels } = size;
  if (height === target.height && width === target.width) return data;
  if (filter === 'nearest') return nearest(data, count, size, target);
  let result = data;
  if (width !== target.width)
    result = resampleAxis(result, count * height, width, target.width, channels, tapsOf(width, target.width, filter));
  if (height !== target.height)
    result = resampleAxis(result, count, height, target.height, target.width * channels, tapsOf(height, target.height, filter));
  return result;
}

import { type ImageSet } from '../dataset.ts';
import { toRgb, type Raster } from '../decode/raster.ts';

/** Collects images of one size in any order; grey as long as all are, three channels from the first coloured one on. */
export class ImageStack {
  readonly height: number;
  readonly width: number;
  readonly #count: number;
  #channels: 1 | 3 = 1;
  #images: Uint8Array;

  constructor(count: number, height: number, width: number) {
    this.#count = count;
    this.height = height;
    this.width = width;
    this.#images = new Uint8Array(count * height * width);
  }

  set(row: number, raster: Raster): void {
    if (raster.channels === 3 && this.#channels === 1) {
      this.#images = toRgb({ data: this.#images, height: this.#count * this.height, width: this.width, channels: 1 }).data;
      this.#channels = 3;
    }
    const { data } = this.#channels === 3 ? toRgb(raster) : raster;
    this.#images.set(data, row * data.length);
  }

  /** The rows of the given numbers, which rise; the stack is used up. */
  take(rows: readonly number[]): ImageSet {
    const pixels = this.height * this.width * this.#channels;
    rows.forEach((row, to) => {
      if (row !== to) this.#images.copyWithin(to * pixels, row * pixels, (row + 1) * pixels);
    });
    return {
      images: this.#images.subarray(0, rows.length * pixels),
      count: rows.length,
      height: this.height,
      width: this.width,
      channels: this.#channels,
    };
  }
}

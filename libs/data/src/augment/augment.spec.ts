import { expectClose } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { preprocess } from '../preprocess/preprocess.ts';
import { parsePreprocessSpec } from '../preprocess/spec.ts';
import { pattern } from '../testing/npz-file.ts';
import { createAugmenter } from './augment.ts';
import { adjustColour } from './colour.ts';
import { copyCrop, stretchCrop } from './crop.ts';
import { parseAugmentSpec, type AugmentInput } from './spec.ts';

const spec = parsePreprocessSpec({ imgSize: 8 });
const cropped = parsePreprocessSpec({ imgSize: 8, crop: 0.8 });
const images = { images: pattern(4 * 8 * 8 * 3, 11), count: 4, height: 8, width: 8, channels: 3 } as const;
const larger = { images: pattern(10 * 10 * 3, 11), count: 1, height: 10, width: 10, channels: 3 } as const;

function augmented(input: AugmentInput, { epoch = 0, index = 0, seed = 0, source = images as typeof images | typeof larger, pre = spec } = {}) {
  const out = new Float32Array(8 * 8 * 3);
  createAugmenter(parseAugmentSpec(input), pre, seed)(source, Math.min(index, source.count - 1), { epoch, index }, out, 0);
  return out;
}

const everything: AugmentInput = {
  crop: { padding: 2 },
  horizontalFlip: 0.5,
  verticalFlip: 0.5,
  brightness: 0.4,
  contrast: 0.4,
  saturation: 0.4,
  grayscale: 0.2,
  cutout: { size: 3 },
};

describe('augmentation', () => {
  it('with nothing switched on is preprocessing, to the bit', () => {
    expect(augmented({}, { index: 2 })).toEqual(preprocess({ ...images, images: images.images.subarray(2 * 192, 3 * 192), count: 1 }, spec));
    expect(augmented({}, { source: larger, pre: cropped })).toEqual(preprocess(larger, cropped));
  });

  it('is a function of seed, epoch and index', () => {
    const base = augmented(everything, { seed: 3, epoch: 1, index: 2 });
    expect(augmented(everything, { seed: 3, epoch: 1, index: 2 })).toEqual(base);
    expect(augmented(everything, { seed: 4, epoch: 1, index: 2 })).not.toEqual(base);
    expect(augmented(everything, { seed: 3, epoch: 2, index: 2 })).not.toEqual(base);
  });

  it('leaves the other draws alone when one change is switched off', () => {
    const outcomes = [0, 1, 2, 3, 4, 5].map((epoch) => {
      const flipped = augmented({ horizontalFlip: 0.5 }, { epoch });
      const also = augmented({ horizontalFlip: 0.5, cutout: { size: 1, probability: 0 }, brightness: 0 }, { epoch });
      expect(also).toEqual(flipped);
      return flipped.join() === augmented({}, { epoch }).join();
    });
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
  });

  it('mirrors left to right, and top to bottom', () => {
    const plain = augmented({});
    const mirrored = augmented({ horizontalFlip: 1 });
    const overturned = augmented({ verticalFlip: 1 });
    const pixel = (data: Float32Array, y: number, x: number) => [...data.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)];
    expect(pixel(mirrored, 3, 0)).toEqual(pixel(plain, 3, 7));
    expect(pixel(overturned, 0, 5)).toEqual(pixel(plain, 7, 5));
  });

  it('reaches every place of a random crop', () => {
    const seen = new Set(Array.from({ length: 200 }, (_, epoch) => augmented({ crop: {} }, { epoch, source: larger, pre: cropped }).join()));
    expect(seen.size).toBe(9); // 10 - 8 + 1 places each way
  });

  it('pads a crop with black', () => {
    const row = new Float32Array(4 * 4 * 3).fill(-1);
    const white = { images: new Uint8Array(4 * 4).fill(255), count: 1, height: 4, width: 4, channels: 1 } as const;
    copyCrop(white, 0, -1, -2, { horizontal: false, vertical: false }, row, 4);
    const rows = [0, 1, 2, 3].map((y) => [...row.filter((_, index) => index % 3 === 0).subarray(y * 4, y * 4 + 4)]);
    expect(rows).toEqual([[0, 0, 0, 0], [0, 0, 255, 255], [0, 0, 255, 255], [0, 0, 255, 255]]);
  });

  it('stretches the whole image to itself when the part is the whole', () => {
    const row = new Float32Array(8 * 8 * 3);
    const whole = { area: 0, ratio: 0, top: 0.3, left: 0.9 };
    stretchCrop(images, 1, { scale: [1, 1], ratio: [1, 1] }, whole, { horizontal: false, vertical: false }, row, 8);
    expectClose(row, Array.from(images.images.subarray(192, 384)), { rtol: 1e-6, atol: 1e-4 });
  });

  it('cuts out one square of the mean colour', () => {
    const out = augmented({ cutout: { size: 2 } }, { epoch: 5 });
    const zeros = Array.from({ length: 64 }, (_, pixel) => pixel).filter((pixel) => out.subarray(pixel * 3, pixel * 3 + 3).every((value) => value === 0));
    expect([1, 2, 4]).toContain(zeros.length);
  });

  it('turns images grey with the given probability', () => {
    const isGrey = (data: Float32Array) => Array.from({ length: 64 }, (_, at) => Math.abs(data[at * 3]! - data[at * 3 + 2]!)).every((gap) => gap < 1e-5);
    const share = Array.from({ length: 400 }, (_, epoch) => isGrey(augmented({ grayscale: 0.25 }, { epoch }))).filter(Boolean).length / 400;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.07);
  });

  it('changes brightness, contrast and saturation as their definitions say', () => {
    const grey = 0.299 * 100 + 0.587 * 50 + 0.114 * 200;
    const one = (b: number, c: number, s: number) => {
      const row = Float32Array.of(100, 50, 200);
      adjustColour(row, b, c, s);
      return row;
    };
    expectClose(one(0.5, 1, 1), [50, 25, 100]);
    expectClose(one(1, 1, 0), [grey, grey, grey], { rtol: 1e-6 });
    expectClose(one(1, 0, 1), [grey, grey, grey], { rtol: 1e-6 }); // one pixel is its own mean
    expectClose(one(2, 1, 1), [200, 100, 255]);
  });
});

describe('parseAugmentSpec', () => {
  it.each([
    [{ horizontalFlip: 2 }, 'augment.horizontalFlip'],
    [{ cutout: { size: 0 } }, 'augment.cutout.size'],
    [{ resizedCrop: { scale: [1, 0.5] } }, 'augment.resizedCrop.scale'],
    [{ rotate: 1 }, 'augment'],
  ])('refuses %j and names the field', (input, field) => {
    expect(() => parseAugmentSpec(input)).toThrow(expect.objectContaining({ facts: expect.objectContaining({ field }) }));
  });
});

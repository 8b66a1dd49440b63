import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectClose, sharedFolder } from '@medlego/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../decode/decode-image.ts';
import { openNpz } from '../sources/npz-source.ts';
import { pattern } from '../testing/npz-file.ts';
import { preprocess, preprocessRaster } from './preprocess.ts';
import { resizeImages } from './resample.ts';
import { parsePreprocessSpec, resizedSide, resizeFilters } from './spec.ts';

const shared = sharedFolder('data');
const line = (values: number[], target: number, filter: (typeof resizeFilters)[number]) => [
  ...resizeImages(Uint8Array.from(values), 1, { height: 1, width: values.length, channels: 1 }, { height: 1, width: target }, filter),
];

describe('resizeImages', () => {
  it('returns the same bytes where the size stays', () => {
    const data = pattern(28 * 28);
    const size = { height: 28, width: 28, channels: 1 };
    expect(resizeImages(data, 1, size, size, 'bicubic')).toBe(data);
  });

  it('weighs bilinear neighbours by a triangle that is widened when shrinking', () => {
    // Halving: the triangle spans 4 pixels; at the edge its weights 0.75 0.75 0.25 are scaled to sum to 1.
    expect(line([0, 0, 210, 210], 2, 'bilinear')).toEqual([30, 180]);
    expect(line([0, 100], 4, 'bilinear')).toEqual([0, 25, 75, 100]);
  });

  it('overshoots at edges with bicubic, and clips to bytes', () => {
    expect(line([0, 0, 255, 255], 8, 'bicubic')).toEqual([0, 0, 0, 52, 203, 255, 255, 255]);
  });

  it('takes the pixel under the centre with nearest', () => {
    expect(line([1, 2, 3, 4, 5], 3, 'nearest')).toEqual([1, 3, 5]);
    expect(line([1, 2], 4, 'nearest')).toEqual([1, 1, 2, 2]);
  });

  it('keeps a plain image plain, whatever the sizes', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, fc.nat(255), fc.constantFrom(...resizeFilters), (h, w, height, width, value, filter) => {
        const out = resizeImages(new Uint8Array(h * w * 3).fill(value), 1, { height: h, width: w, channels: 3 }, { height, width }, filter);
        expect(out.length).toBe(height * width * 3);
        expect(out.every((byte) => byte === value)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('treats images and channels apart from each other', () => {
    const [size, target] = [{ height: 9, width: 7, channels: 3 }, { height: 5, width: 12 }];
    const data = pattern(2 * 9 * 7 * 3);
    const both = resizeImages(data, 2, size, target, 'bicubic');
    expect(both.subarray(5 * 12 * 3)).toEqual(resizeImages(data.subarray(9 * 7 * 3), 1, size, target, 'bicubic'));
    const green = resizeImages(data.filter((_, index) => index % 3 === 1), 2, { ...size, channels: 1 }, target, 'bicubic');
    expect(both.filter((_, index) => index % 3 === 1)).toEqual(green);
  });

  // The files of ../shared/data were resized by PIL 9.4 (BICUBIC) from the originals that lie beside them.
  it.skipIf(!shared).each([
    ['busibreast', 1],
    ['oaiknee', 1],
    ['colonpath', 3],
  ] as const)('equals PIL to the byte on the original images of %s', async (name, channels) => {
    const { splits } = await openNpz(join(shared!, `${name}.npz`), { splits: ['train'] });
    const { images, count } = splits.train;
    const pixels = 28 * 28 * channels;
    const known = new Set(Array.from({ length: count }, (_, row) => Buffer.from(images.subarray(row * pixels, (row + 1) * pixels)).toString('latin1')));
    const folder = join(shared!, 'originals', name);
    for (const file of await readdir(folder)) {
      const raster = await decodeImage(await readFile(join(folder, file)), { file });
      // PIL's conversion to grey: ITU-R 601 luma in 16-bit fixed point. Sources here are grey already, stored as RGB.
      const data = channels === 1 && raster.channels === 3 ? raster.data.filter((_, index) => index % 3 === 0) : raster.data;
      const out = resizeImages(data, 1, { ...raster, channels }, { height: 28, width: 28 }, 'bicubic');
      expect(known.has(Buffer.from(out).toString('latin1')), file).toBe(true);
    }
  });
});

describe('preprocess', () => {
  const spec = parsePreprocessSpec({ imgSize: 28, mean: [0.5, 0.4, 0.3], std: [0.5, 0.2, 0.1] });
  const images = { images: pattern(28 * 28), count: 1, height: 28, width: 28, channels: 1 } as const;

  it('repeats grey in three channels and normalises each by its own mean and deviation', () => {
    const out = preprocess(images, spec);
    expect(out.length).toBe(28 * 28 * 3);
    for (const pixel of [0, 1, 500]) {
      const value = images.images[pixel]! / 255;
      expectClose(out.subarray(pixel * 3, pixel * 3 + 3), [(value - 0.5) / 0.5, (value - 0.4) / 0.2, (value - 0.3) / 0.1], { rtol: 1e-6, atol: 1e-6 });
    }
  });

  it('gives a grey image and its RGB copy the same result, also when it resizes', () => {
    const rgb = { ...images, images: Uint8Array.from({ length: 28 * 28 * 3 }, (_, index) => images.images[Math.floor(index / 3)]!), channels: 3 } as const;
    const small = { ...spec, imgSize: 16 };
    expect(preprocess(rgb, small)).toEqual(preprocess(images, small));
  });

  it('squashes other shapes to the square and cuts nothing off', () => {
    const data = new Uint8Array(20 * 40);
    data.fill(255, 0, 40); // a bright first row must still be seen
    const out = preprocessRaster({ data, height: 20, width: 40, channels: 1 }, parsePreprocessSpec({ imgSize: 10, resize: 'bilinear' }));
    expect(out[0]).toBeGreaterThan(-1);
  });

  it('cuts the centre out after the resize where the spec has a crop', () => {
    const crop = parsePreprocessSpec({ imgSize: 28, crop: 0.875 });
    expect(resizedSide(crop)).toBe(32);
    const large = { images: pattern(32 * 32), count: 1, height: 32, width: 32, channels: 1 } as const;
    const out = preprocess(large, crop);
    expect(out[0]).toBeCloseTo((large.images[2 * 32 + 2]! / 255 - 0.5) / 0.5, 6);
    expect(resizedSide({ imgSize: 224, crop: 0.9 })).toBe(248);
  });

  it('handles many images as it handles each', () => {
    const many = { images: pattern(3 * 9 * 9), count: 3, height: 9, width: 9, channels: 1 } as const;
    const out = preprocess(many, { ...spec, imgSize: 6 });
    for (let row = 0; row < 3; row++)
      expect(out.subarray(row * 108, (row + 1) * 108)).toEqual(preprocess({ ...many, images: many.images.subarray(row * 81, (row + 1) * 81), count: 1 }, { ...spec, imgSize: 6 }));
  });
});

describe('parsePreprocessSpec', () => {
  it('fills in what timm calls the default of the augreg models', () => {
    expect(parsePreprocessSpec({ imgSize: 224 })).toEqual({ imgSize: 224, channels: 3, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], resize: 'bicubic', crop: 1 });
  });

  it.each([
    [{}, 'preprocess.imgSize'],
    [{ imgSize: 0 }, 'preprocess.imgSize'],
    [{ imgSize: 28, std: [1, 0, 1] }, 'preprocess.std'],
    [{ imgSize: 28, crop: 0 }, 'preprocess.crop'],
    [{ imgSize: 28, crop: 1.1 }, 'preprocess.crop'],
    [{ imgSize: 28, resize: 'magic' }, 'preprocess.resize'],
    [{ imgSize: 28, mean: [1, 2] }, 'preprocess.mean'],
    [{ imgSize: 28, surprise: 1 }, 'preprocess'],
  ])('refuses %j and names the field', (input, field) => {
    expect(() => parsePreprocessSpec(input)).toThrow(expect.objectContaining({ code: 'invalid_value', facts: expect.objectContaining({ field: expect.stringMatching(`^${field}`) }) }));
  });
});

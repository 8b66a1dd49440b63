import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { pattern } from '../testing/npz-file.ts';
import { png } from '../testing/png-file.ts';
import { decodeImage } from './decode-image.ts';
import { toRgb } from './raster.ts';

const grey = pattern(5 * 4);
const colour = pattern(5 * 4 * 3);

describe('decodeImage', () => {
  it('keeps grey in one channel and colour in three, byte for byte', async () => {
    expect(await decodeImage(await png(grey, 5, 4))).toEqual({ data: grey, height: 4, width: 5, channels: 1 });
    expect(await decodeImage(await png(colour, 5, 4, 3))).toEqual({ data: colour, height: 4, width: 5, channels: 3 });
  });

  it.each(['webp', 'tiff', 'gif', 'jpeg'] as const)('decodes %s', async (format) => {
    const plain = sharp(new Uint8Array(64 * 3).fill(200), { raw: { width: 8, height: 8, channels: 3 } });
    const { data, width, channels } = await decodeImage(await plain.toFormat(format).toBuffer());
    expect([width, channels]).toEqual([8, 3]);
    for (const value of data) expect(Math.abs(value - 200)).toBeLessThan(4);
  });

  it('drops transparency without blending it into the picture', async () => {
    const withAlpha = Uint8Array.from({ length: 20 * 4 }, (_, index) => (index % 4 === 3 ? 10 : colour[Math.floor(index / 4) * 3 + (index % 4)]!));
    expect((await decodeImage(await png(withAlpha, 5, 4, 4))).data).toEqual(colour);
  });

  it('keeps the upper byte of 16-bit grey', async () => {
    const words = Uint16Array.from([0, 255, 256, 40000, 65535, 513]);
    const bytes = await sharp(words, { raw: { width: 3, height: 2, channels: 1 } }).toColourspace('grey16').png().toBuffer();
    expect(await decodeImage(bytes)).toMatchObject({ channels: 1, data: Uint8Array.of(0, 0, 1, 156, 255, 2) });
  });

  it('turns a photograph as its EXIF orientation says', async () => {
    const bytes = await sharp(grey, { raw: { width: 5, height: 4, channels: 1 } }).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await decodeImage(bytes)).toMatchObject({ height: 5, width: 4 });
  });

  it('refuses what is no image, a cut-off one, and vector graphics, naming the file', async () => {
    const whole = await png(pattern(64 * 64), 64, 64);
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>');
    for (const bytes of [Buffer.from('hello'), new Uint8Array(0), whole.subarray(0, whole.length / 2), svg])
      await expect(decodeImage(bytes, { file: 'a.png' })).rejects.toMatchObject({ code: 'image_decode', facts: { file: 'a.png' } });
  });

  it('refuses an image of too many pixels before it decodes it', async () => {
    await expect(decodeImage(await png(new Uint8Array(10_000), 100, 100), { maxPixels: 9999 })).rejects.toMatchObject({
      code: 'image_decode',
      facts: { expected: expect.stringContaining('9999 pixels') },
    });
  });
});

describe('toRgb', () => {
  it('repeats grey and leaves colour alone', () => {
    expect(toRgb({ data: Uint8Array.of(1, 2), height: 1, width: 2, channels: 1 })).toMatchObject({ channels: 3, data: Uint8Array.of(1, 1, 1, 2, 2, 2) });
    const rgb = { data: Uint8Array.of(1, 2, 3), height: 1, width: 1, channels: 3 } as const;
    expect(toRgb(rgb)).toBe(rgb);
  });
});

import { describe, expect, it } from 'vitest';
import { textureImages } from './textures.ts';

const channelsOf = (images: Uint8Array, index: number) =>
  [0, 1, 2].map((channel) => images.subarray(index * 3072, (index + 1) * 3072).filter((_, i) => i % 3 === channel));

describe('textureImages', () => {
  it('gives the same bytes for a seed, others for another, each whatever others are asked for', () => {
    const { images } = textureImages(6, 1);
    expect(textureImages(6, 1).images).toEqual(images);
    expect(textureImages(6, 2).images).not.toEqual(images);
    expect(textureImages(3, 1).images).toEqual(images.subarray(0, 3 * 3072));
    expect(textureImages(2, 1, 4).images).toEqual(images.subarray(4 * 3072));
  });

  it('makes grey and coloured ones of many brightnesses', () => {
    const { images, count } = textureImages(60, 3);
    const isGrey = Array.from({ length: count }, (_, i) => {
      const [red, green, blue] = channelsOf(images, i);
      return Buffer.compare(red!, green!) === 0 && Buffer.compare(red!, blue!) === 0;
    });
    expect(isGrey.filter(Boolean).length).toBeGreaterThan(15);
    expect(isGrey.filter((grey) => !grey).length).toBeGreaterThan(15);
    const means = Array.from({ length: count }, (_, i) => channelsOf(images, i)[0]!.reduce((a, b) => a + b, 0) / 1024);
    expect(Math.min(...means)).toBeLessThan(70);
    expect(Math.max(...means)).toBeGreaterThan(185);
  });
});

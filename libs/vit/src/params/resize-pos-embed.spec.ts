import { describe, expect, it } from 'vitest';
import { InvalidValueError } from '@medlego/errors';
import { float32 } from '@medlego/tensors';
import { distance } from '../../tests/support.ts';
import { presetConfig } from '../config/presets.ts';
import { assertParams } from './assert-params.ts';
import { initParams } from './init-params.ts';
import { resizeBackbone, resizePosEmbed } from './resize-pos-embed.ts';

/** Value of token i, dimension d, of the embedding [1, 1 + 4 · 4, 2] that was given to both sides. */
const value = (i: number, d: number) => ((7 * i * i + 3 * i + 5 * d * i) % 11) / 4 - 1;

/** timm 1.0.31 with torch 2.15.0: resample_abs_pos_embed(x, [g, g], num_prefix_tokens=1), rounded to 1e-6. */
const expected: Record<number, number[]> = {
  2: [-1.0, -1.0, 0.104343, -0.062449, 0.212524, 0.099263, -0.372093, 0.175522, 0.108006, -0.068647],
  3: [
    -1.0, -1.0, 0.698701, -0.195062, -0.156349, 0.112366, 0.223496, 0.07975, -0.385334, 0.163804, -0.39071, -0.029808,
    0.918503, -0.040818, -0.511879, -0.224296, -0.030838, 0.422251, -0.019358, -0.089798,
  ],
  7: [
    -1.0, -1.0, 1.836187, 0.041237, 0.832021, -0.450731, -0.781037, -1.09623, -0.21875, 0.381423, 0.598933, 1.609102,
    -0.035102, 0.005368, -0.467196, -1.046523, 1.107402, 0.281176, 0.572718, -0.185355, -0.306993, -0.849783, -0.204432,
    0.09953, 0.153525, 0.99532, 0.252838, 0.125716, 0.290224, -0.460703, -0.19586, 0.583474, 0.079156, 0.25072,
    0.466488, -0.304915, -0.207229, -0.333979, -0.625549, -0.114456, 0.740806, 0.28283, 1.587892, 0.506894, -0.833046,
    -0.13762, -0.384272, 0.202704, 0.289331, 0.681609, -0.456055, -0.057617, -0.916779, -0.746296, 0.848027, -0.073625,
    1.93442, 0.37992, -1.092559, -0.986413, -0.666478, 0.009111, -0.008715, 1.52605, -0.5692, 0.354424, -0.895483,
    -1.044417, 0.660059, -0.398472, 1.610737, 0.088105, -0.948075, -1.173627, -0.465354, -0.112856, 0.301356, 1.526265,
    -0.051891, 0.441021, -0.47654, -0.87493, 0.016465, -0.120192, 0.339253, 0.423809, -0.8309, -1.219723, -0.318733,
    -0.173558, 0.504617, 1.454456, 0.266339, 0.463041, -0.221914, -0.741205, -0.356798, 0.070957, -0.404554, 0.640395,
  ],
};

const given = float32(
  [1, 17, 2],
  Array.from({ length: 34 }, (_, i) => value(Math.floor(i / 2), i % 2)),
);

describe('resizePosEmbed', () => {
  for (const grid of [2, 3, 7])
    it(`gives timm's numbers for a grid of 4 made ${grid}`, () => {
      const resized = resizePosEmbed(given, grid);
      expect(distance(resized, float32([1, 1 + grid * grid, 2], expected[grid]!))).toBeLessThan(2e-6);
    });

  it('returns the same tensor for the same grid', () => {
    expect(resizePosEmbed(given, 4)).toBe(given);
  });

  it('keeps a constant embedding constant at every size', () => {
    const constant = float32([1, 197, 3], new Float32Array(197 * 3).fill(0.75));
    for (const grid of [1, 5, 24])
      expect(Math.max(...resizePosEmbed(constant, grid).data.map((x) => Math.abs(x - 0.75)))).toBeLessThan(1e-6);
  });

  it('refuses a number of patches that is no square', () => {
    expect(() => resizePosEmbed(float32([1, 18, 1], new Float32Array(18)), 3)).toThrow(InvalidValueError);
  });

  it('makes a backbone for another image size that shares all other weights', () => {
    const config = presetConfig('vit-nano');
    const params = initParams(config, 0);
    const resized = resizeBackbone({ config, params }, 32);
    assertParams(resized.config, resized.params);
    expect(resized.params['norm.weight']).toBe(params['norm.weight']);
    expect(() => resizeBackbone({ config, params }, 30)).toThrow('imgSize');
  });
});

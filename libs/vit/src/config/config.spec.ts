import { describe, expect, it } from 'vitest';
import { InvalidValueError } from '@medlego/errors';
import { sizeOf } from '@medlego/tensors';
import { paramShapes } from './param-shapes.ts';
import { findPreset, presetConfig, presetNames } from './presets.ts';
import { mlpDim, parseVitConfig, tokenCount } from './vit-config.ts';

const small = { imgSize: 28, patchSize: 4, embedDim: 64, depth: 2, numHeads: 2 };

const parameters = (name: string) =>
  Object.values(paramShapes(presetConfig(name))).reduce((sum, shape) => sum + sizeOf(shape), 0);

describe('parseVitConfig', () => {
  it('fills in what timm takes as default', () => {
    expect(parseVitConfig(small)).toEqual({
      ...small,
      inChans: 3,
      numClasses: 0,
      mlpRatio: 4,
      qkvBias: true,
      layerNormEps: 1e-6,
    });
  });

  it.each([
    [{ patchSize: 5 }, 'config.imgSize: expected a multiple of patchSize 5, got 28'],
    [{ numHeads: 3 }, 'config.embedDim: expected a multiple of numHeads 3, got 64'],
    [{ mlpRatio: 1.001 }, 'config.mlpRatio'],
    [{ depth: 0 }, 'config.depth'],
    [{ qkvBias: 'yes' }, 'config.qkvBias'],
    [{ classToken: false }, 'classToken'],
  ])('refuses %j and says where', (change, message) => {
    const parse = () => parseVitConfig({ ...small, ...change });
    expect(parse).toThrow(InvalidValueError);
    expect(parse).toThrow(message);
  });
});

describe('presets', () => {
  it('have the sizes that are published', () => {
    // Without a head, with the patch kernel: timm's counts.
    expect(parameters('vit_tiny_patch16_224')).toBe(5_524_416);
    expect(parameters('vit_small_patch16_224')).toBe(21_665_664);
    expect(parameters('vit_base_patch16_224')).toBe(85_798_656);
    expect(parameters('vit_large_patch16_224')).toBe(303_301_632);
  });

  it('know their own names and the rest of the family, and refuse others', () => {
    for (const name of presetNames) expect(findPreset(name)).toEqual(presetConfig(name));
    const other = presetConfig('vit_base_patch32_384.augreg_in21k_ft_in1k');
    expect([tokenCount(other), mlpDim(other)]).toEqual([145, 3072]);
    expect(() => presetConfig('vit_medium_patch16_224')).toThrow(InvalidValueError);
  });
});

import { InvalidValueError } from '@medlego/errors';
import { parseVitConfig, type VitConfig } from './vit-config.ts';

const sizes = {
  tiny: { embedDim: 192, depth: 12, numHeads: 3 },
  small: { embedDim: 384, depth: 12, numHeads: 6 },
  base: { embedDim: 768, depth: 12, numHeads: 12 },
  large: { embedDim: 1024, depth: 24, numHeads: 16 },
  huge: { embedDim: 1280, depth: 32, numHeads: 16 },
} as const;

const nano = { imgSize: 28, patchSize: 4, embedDim: 128, depth: 6, numHeads: 4, mlpRatio: 2 };

/** Names that {@link presetConfig} is known for; other patch and image sizes of the same family work too. */
export const presetNames = [
  'vit-nano',
  'vit_tiny_patch16_224',
  'vit_small_patch16_224',
  'vit_base_patch16_224',
  'vit_large_patch16_224',
] as const;
export type PresetName = (typeof presetNames)[number];

/** The configuration behind a name, without a head; undefined for names that are none of ours. Accepts timm's `vit_base_patch32_384.tag`. */
export function findPreset(name: string): VitConfig | undefined {
  if (name === 'vit-nano') return parseVitConfig(nano);
  const match = /^vit_(tiny|small|base|large|huge)_patch(\d+)_(\d+)(\.\w+)?$/.exec(name);
  if (!match) return undefined;
  const [, size, patch, image] = match;
  return parseVitConfig(
    { ...sizes[size as keyof typeof sizes], patchSize: Number(patch), imgSize: Number(image) },
    name,
  );
}

/**
 * The configuration behind a name: `vit-nano` or a timm name such as `vit_base_patch16_224`.
 * It has no head (numClasses 0), an adapter's task brings its own.
 * @throws InvalidValueError for an unknown name
 */
export function presetConfig(name: string): VitConfig {
  const config = findPreset(name);
  if (!config)
    throw new InvalidValueError({ field: 'model size', expected: `one of ${presetNames.join(', ')}`, actual: name });
  return config;
}

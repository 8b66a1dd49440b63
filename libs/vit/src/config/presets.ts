import { InvalidValueError } from '@medlego/errors';
import { type BackboneConfig } from './backbone-config.ts';
import { parseResnetConfig } from './resnet-config.ts';
import { parseVitConfig, type VitConfig } from './vit-config.ts';

const sizes = {
  tiny: { embedDim: 192, depth: 12, numHeads: 3 },
  small: { embedDim: 384, depth: 12, numHeads: 6 },
  base: { embedDim: 768, depth: 12, numHeads: 12 },
  large: { embedDim: 1024, depth: 24, numHeads: 16 },
  huge: { embedDim: 1280, depth: 32, numHeads: 16 },
} as const;

/** CLIP's ResNet-50. */
const rn50 = {
  architecture: 'modified_resnet',
  imgSize: 224,
  layers: [3, 4, 6, 3],
  width: 64,
  numHeads: 32,
  embedDim: 1024,
} as const;

const nano = { imgSize: 28, patchSize: 4, embedDim: 128, depth: 6, numHeads: 4, mlpRatio: 2 };

/** Names that {@link presetConfig} is known for; other patch and image sizes of the same family work too. */
export const presetNames = [
  'vit-nano',
  'vit_tiny_patch16_224',
  'vit_small_patch16_224',
  'vit_base_patch16_224',
  'vit_large_patch16_224',
  'open_clip-ViT-B-32',
  'open_clip-ViT-B-16',
  'open_clip-ViT-L-14',
  'open_clip-RN50',
  'pmc-clip-rn50',
] as const;
export type PresetName = (typeof presetNames)[number];
/** Names of vision transformers, as far as the type can tell. */
export type VitPresetName = 'vit-nano' | `vit_${string}`;

/** timm's `vit_base_patch16_224`, and for CLIP `vit_base_patch16_clip_224`, also `_clip_quickgelu_`; tags are left off. */
function timmPreset(name: string): VitConfig | undefined {
  const match = /^vit_(tiny|small|base|large|huge)_patch(\d+)_(clip_)?(quickgelu_)?(\d+)(\.\w+)?$/.exec(name);
  if (!match) return undefined;
  const [, size, patch, clip, quick, image] = match;
  if (quick && !clip) return undefined;
  return parseVitConfig(
    {
      ...sizes[size as keyof typeof sizes],
      patchSize: Number(patch),
      imgSize: Number(image),
      ...(clip && { preNorm: true, layerNormEps: 1e-5 }),
      ...(quick && { actLayer: 'quick_gelu' }),
    },
    name,
  );
}

const towerSizes = { S: 'small', B: 'base', L: 'large', H: 'huge' } as const;

/** `open_clip-ViT-B-16`, `open_clip-ViT-L-14-336`, `-quickgelu` at the end: the tower before its projection. */
function openClipPreset(name: string): BackboneConfig | undefined {
  if (name === 'open_clip-RN50') return parseResnetConfig(rn50);
  if (name === 'open_clip-RN101') return parseResnetConfig({ ...rn50, layers: [3, 4, 23, 3], embedDim: 512 });
  const match = /^open_clip-ViT-([SBLH])-(\d+)(?:-(\d+))?(-quickgelu)?$/.exec(name);
  if (!match) return undefined;
  const [, size, patch, image = '224', quick] = match;
  return parseVitConfig(
    {
      ...sizes[towerSizes[size as keyof typeof towerSizes]],
      patchSize: Number(patch),
      imgSize: Number(image),
      preNorm: true,
      layerNormEps: 1e-5,
      ...(quick && { actLayer: 'quick_gelu' }),
    },
    name,
  );
}

/** The vision transformer behind `vit-nano` or a name of timm, without a head; undefined for names that are none. */
export const findVitPreset = (name: string): VitConfig | undefined =>
  name === 'vit-nano' ? parseVitConfig(nano) : timmPreset(name);

/**
 * The configuration behind a name: `vit-nano`, a name of timm such as `vit_base_patch16_224` (with or without a tag), one of open_clip after
 * `open_clip-`, or `pmc-clip-rn50`. Undefined for names that are none of these.
 */
export const findPreset = (name: string): BackboneConfig | undefined =>
  name === 'pmc-clip-rn50'
    ? parseResnetConfig({ ...rn50, embedDim: 768 })
    : (findVitPreset(name) ?? openClipPreset(name));

/**
 * The configuration behind a name that {@link findPreset} knows. It has no head (numClasses 0): an adapter's task brings its own.
 * @throws InvalidValueError for an unknown name
 */
export function presetConfig(name: VitPresetName): VitConfig;
export function presetConfig(name: string): BackboneConfig;
export function presetConfig(name: string): BackboneConfig {
  const config = findPreset(name);
  if (!config)
    throw new InvalidValueError({ field: 'model size', expected: `one of ${presetNames.join(', ')}`, actual: name });
  return config;
}

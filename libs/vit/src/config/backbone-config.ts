import { parseResnetConfig, type ModifiedResnetConfig } from './resnet-config.ts';
import { parseVitConfig, type VitConfig } from './vit-config.ts';

/** Any backbone: a vision transformer, or CLIP's ResNet, which says so in `architecture`. Both have `imgSize`, `inChans` and `embedDim`. */
export type BackboneConfig = VitConfig | ModifiedResnetConfig;

export const isResnet = (config: BackboneConfig): config is ModifiedResnetConfig => 'architecture' in config;

/**
 * Checks a configuration of either kind and fills in defaults.
 * @throws InvalidValueError naming the first wrong field, unknown fields included
 */
export const parseBackboneConfig = (input: unknown, source = 'config'): BackboneConfig =>
  typeof input === 'object' && input !== null && 'architecture' in input
    ? parseResnetConfig(input, source)
    : parseVitConfig(input, source);

/** Width of the features that `forwardFeatures` gives and that heads take. */
export const featureDim = (config: BackboneConfig): number =>
  isResnet(config) ? config.embedDim : (config.projDim ?? config.embedDim);

/** The same model without the head that a ViT's file may bring along. */
export const withoutHead = <C extends BackboneConfig>(config: C): C =>
  isResnet(config) ? config : { ...config, numClasses: 0 };

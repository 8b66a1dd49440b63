import { poolTargets, targetModules, type TargetModule } from '../adapters/modules.ts';
import { featureDim, isResnet, type BackboneConfig } from './backbone-config.ts';

/** A backbone's sizes in words: `12 blocks, dimension 768, 224 px`. */
export function describeBackbone(config: BackboneConfig): string {
  const size = `${config.imgSize} px`;
  if (isResnet(config))
    return `ResNet of ${config.layers.join(' + ')} blocks, width ${config.width}, attention pool to ${config.embedDim} features, ${size}`;
  const projected = config.projDim === undefined ? '' : `, projected to ${featureDim(config)}`;
  return `${config.depth} blocks, dimension ${config.embedDim}${projected}, ${size}`;
}

/** The targets that a low-rank adapter may have on this backbone. */
export const adapterTargets = (config: BackboneConfig): readonly TargetModule[] =>
  isResnet(config) ? poolTargets : targetModules;

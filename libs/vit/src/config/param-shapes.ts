import { isResnet, type BackboneConfig } from './backbone-config.ts';
import { resnetShapes } from './resnet-shapes.ts';
import { gridSize, mlpDim, type VitConfig } from './vit-config.ts';

/**
 * Shapes of all parameters, weights [out, in]: by timm's names for a vision transformer (`head.*` only where numClasses is above 0,
 * `norm_pre.*` and `proj.weight` of a CLIP tower), by open_clip's for a ResNet.
 */
export const paramShapes = (config: BackboneConfig): Readonly<Record<string, readonly number[]>> =>
  isResnet(config) ? resnetShapes(config) : vitShapes(config);

function vitShapes(config: VitConfig): Readonly<Record<string, readonly number[]>> {
  const { embedDim: dim, depth, inChans, patchSize, qkvBias, numClasses, preNorm, projDim } = config;
  const shapes: Record<string, readonly number[]> = {
    cls_token: [1, 1, dim],
    pos_embed: [1, gridSize(config) ** 2 + 1, dim],
    'patch_embed.proj.weight': [dim, inChans, patchSize, patchSize],
  };
  if (!preNorm) shapes['patch_embed.proj.bias'] = [dim];
  const dense = (name: string, out: number, inner: number, bias = true) => {
    shapes[`${name}.weight`] = [out, inner];
    if (bias) shapes[`${name}.bias`] = [out];
  };
  const norm = (name: string) => {
    shapes[`${name}.weight`] = [dim];
    shapes[`${name}.bias`] = [dim];
  };
  if (preNorm) norm('norm_pre');
  for (let i = 0; i < depth; i++) {
    norm(`blocks.${i}.norm1`);
    dense(`blocks.${i}.attn.qkv`, 3 * dim, dim, qkvBias); // rows q, then k, then v
    dense(`blocks.${i}.attn.proj`, dim, dim);
    norm(`blocks.${i}.norm2`);
    dense(`blocks.${i}.mlp.fc1`, mlpDim(config), dim);
    dense(`blocks.${i}.mlp.fc2`, dim, mlpDim(config));
  }
  norm('norm');
  if (projDim !== undefined) dense('proj', projDim, dim, false);
  if (numClasses > 0) dense('head', numClasses, dim);
  return shapes;
}

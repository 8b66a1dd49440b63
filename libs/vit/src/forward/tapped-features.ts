import * as tf from '@tensorflow/tfjs-core';
import { layerNorm, linear, type TensorMap } from '@medlego/engine';
import { isResnet, type BackboneConfig } from '../config/backbone-config.ts';
import { attentionPool } from '../resnet/attention-pool.ts';
import { featureMap } from '../resnet/feature-map.ts';
import { transformerBlock } from './block.ts';
import { embedImages } from './embed.ts';
import { lowRankUpdates, type ForwardAdapter, type LowRankUpdates } from './low-rank.ts';

/**
 * Sees what flows through the modules of a backbone.
 *
 * @param module `blocks.0.attn.q`
 * @param x [B · rows, in], the module's input; modules that share their input get the same tensor
 * @returns [B · rows, out] to be added to the module's output, or nothing
 */
export type ModuleTap = (module: string, x: tf.Tensor2D) => tf.Tensor2D | undefined;

/**
 * `forwardFeatures` with a tap on every module that an adapter could touch. All tokens go through every block, the last one included,
 * so a tap sees what a hook on each linear layer of the plain model would see. Same result, slower; for statistics and explanations.
 *
 * @returns [B, featureDim(config)] float32, owned by the caller
 */
export function tappedFeatures(
  config: BackboneConfig,
  params: TensorMap,
  images: tf.Tensor,
  adapter: ForwardAdapter | undefined,
  tap: ModuleTap,
): tf.Tensor2D {
  const weights = adapter?.spec.kind === 'full' ? { ...params, ...adapter.tensors } : params;
  const own = lowRankUpdates(adapter);
  const updates: LowRankUpdates = {
    ...own,
    branches: (x, modules) =>
      own.branches(x, modules).map((branch, i) => {
        const extra = tap(modules[i]!, x as tf.Tensor2D);
        return branch && extra ? tf.add(branch, extra) : (branch ?? extra);
      }),
  };
  if (isResnet(config)) {
    const context = { config, params: weights };
    return attentionPool(context, updates, featureMap(context, images));
  }
  let x: tf.Tensor = embedImages(config, weights, images);
  for (let block = 0; block < config.depth; block++)
    x = transformerBlock({ config, params: weights, updates, block }, x);
  const [batch, , dim] = x.shape as [number, number, number];
  const classToken = tf.reshape(tf.slice(x, [0, 0, 0], [batch, 1, dim]), [batch, dim]);
  const features = layerNorm(classToken, weights['norm.weight']!, weights['norm.bias']!, config.layerNormEps);
  return (config.projDim === undefined ? features : linear(features, weights['proj.weight']!)) as tf.Tensor2D;
}

import * as tf from '@tensorflow/tfjs-core';
import { layerNorm, linear, type TensorMap } from '@medlego/engine';
import { isResnet, type BackboneConfig } from '../config/backbone-config.ts';
import { type VitConfig } from '../config/vit-config.ts';
import { attentionPool } from '../resnet/attention-pool.ts';
import { featureMap } from '../resnet/feature-map.ts';
import { classTokenBlock, transformerBlock } from './block.ts';
import { blockContexts, ownWeights } from './contexts.ts';
import { embedImages } from './embed.ts';
import { lowRankUpdates, type ForwardAdapter } from './low-rank.ts';

/**
 * Features of images. Of a vision transformer the class token after the last block and the final LayerNorm, projected where the
 * configuration has a `projDim`; of a ResNet the output of the attention pool. Pure, differentiable, for tracing or eager running. Only
 * the class token goes through a transformer's last block, which changes no number of the result.
 *
 * @param params backbone (see `paramShapes`), borrowed
 * @param images [B, H, W, C] float32, already normalised, borrowed
 * @param adapter its low-rank updates, or its full weights; ranks may differ between modules
 * @returns [B, featureDim(config)] float32, owned by the caller
 * @throws ShapeMismatchError for images of another size, InvalidValueError for an adapter tensor of an unknown name
 * Source: Dosovitskiy et al. 2020, arXiv 2010.11929, eq. 1 to 4; Radford et al. 2021, arXiv 2103.00020; update as in the paper, eq. 3.
 */
export function forwardFeatures(
  config: BackboneConfig,
  params: TensorMap,
  images: tf.Tensor,
  adapter?: ForwardAdapter,
): tf.Tensor2D {
  return tf.tidy(() => {
    if (isResnet(config)) {
      const context = { config, params: ownWeights(params, adapter) };
      return attentionPool(context, lowRankUpdates(adapter), featureMap(context, images));
    }
    const blocks = blockContexts(config, params, adapter);
    const last = blocks.at(-1)!;
    const x = blocks
      .slice(0, -1)
      .reduce<tf.Tensor>(
        (tokens, context) => transformerBlock(context, tokens),
        embedImages(config, last.params, images),
      );
    const classToken = classTokenBlock(last, x); // [B, D]
    const features = layerNorm(classToken, last.params['norm.weight']!, last.params['norm.bias']!, config.layerNormEps);
    return (config.projDim === undefined ? features : linear(features, last.params['proj.weight']!)) as tf.Tensor2D;
  });
}

/**
 * All tokens on their way through the blocks, before the final LayerNorm: entry 0 is the embedding, entry i + 1 the output of
 * block i. For comparisons and explanations; `forwardFeatures` is the fast one.
 *
 * @returns depth + 1 tensors [B, 1 + N, embedDim] float32, owned by the caller
 */
export function forwardTokens(
  config: VitConfig,
  params: TensorMap,
  images: tf.Tensor,
  adapter?: ForwardAdapter,
): tf.Tensor3D[] {
  return tf.tidy(() => {
    const blocks = blockContexts(config, params, adapter);
    const tokens: tf.Tensor[] = [embedImages(config, blocks[0]!.params, images)];
    for (const context of blocks) tokens.push(transformerBlock(context, tokens.at(-1)!));
    return tokens as tf.Tensor3D[];
  });
}

/**
 * Scores of one head, before softmax or sigmoid.
 *
 * @param features [B, dim], dim as `featureDim` says
 * @param head `head.weight` [labels, dim] and `head.bias` [labels]
 * @returns [B, labels] float32, owned by the caller
 */
export const headLogits = (features: tf.Tensor, head: TensorMap): tf.Tensor2D =>
  linear(features, head['head.weight']!, head['head.bias']) as tf.Tensor2D;

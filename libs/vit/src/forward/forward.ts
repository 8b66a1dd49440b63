import * as tf from '@tensorflow/tfjs-core';
import { layerNorm, linear, type TensorMap } from '@medlego/engine';
import { type VitConfig } from '../config/vit-config.ts';
import { classTokenBlock, transformerBlock, type BlockContext } from './block.ts';
import { embedImages } from './embed.ts';
import { lowRankUpdates, type ForwardAdapter } from './low-rank.ts';

/** Blocks' contexts; a `full` adapter stands in for the backbone's own tensors. */
function contexts(config: VitConfig, params: TensorMap, adapter: ForwardAdapter | undefined): BlockContext[] {
  const weights = adapter?.spec.kind === 'full' ? { ...params, ...adapter.tensors } : params;
  const updates = lowRankUpdates(adapter);
  return Array.from({ length: config.depth }, (_, block) => ({ config, params: weights, updates, block }));
}

/**
 * Features of images: the class token after the last block and the final LayerNorm. Pure, differentiable, for tracing or eager
 * running. Only the class token goes through the last block, which changes no number of the result.
 *
 * @param params backbone by timm's names (see `paramShapes`), borrowed
 * @param images [B, H, W, C] float32, already normalised, borrowed
 * @param adapter its low-rank updates, or its full weights; ranks may differ between modules
 * @returns [B, embedDim] float32, owned by the caller
 * @throws ShapeMismatchError for images of another size, InvalidValueError for an adapter tensor of an unknown name
 * Source: Dosovitskiy et al. 2020, arXiv 2010.11929, eq. 1 to 4; update as in the paper, eq. 3.
 */
export function forwardFeatures(
  config: VitConfig,
  params: TensorMap,
  images: tf.Tensor,
  adapter?: ForwardAdapter,
): tf.Tensor2D {
  return tf.tidy(() => {
    const blocks = contexts(config, params, adapter);
    const last = blocks.at(-1)!;
    const x = blocks
      .slice(0, -1)
      .reduce<tf.Tensor>(
        (tokens, context) => transformerBlock(context, tokens),
        embedImages(config, last.params, images),
      );
    const classToken = classTokenBlock(last, x); // [B, D]
    return layerNorm(
      classToken,
      last.params['norm.weight']!,
      last.params['norm.bias']!,
      config.layerNormEps,
    ) as tf.Tensor2D;
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
    const blocks = contexts(config, params, adapter);
    const tokens: tf.Tensor[] = [embedImages(config, blocks[0]!.params, images)];
    for (const context of blocks) tokens.push(transformerBlock(context, tokens.at(-1)!));
    return tokens as tf.Tensor3D[];
  });
}

/**
 * Scores of one head, before softmax or sigmoid.
 *
 * @param features [B, embedDim]
 * @param head `head.weight` [labels, embedDim] and `head.bias` [labels]
 * @returns [B, labels] float32, owned by the caller
 */
export const headLogits = (features: tf.Tensor, head: TensorMap): tf.Tensor2D =>
  linear(features, head['head.weight']!, head['head.bias']) as tf.Tensor2D;

import * as tf from '@tensorflow/tfjs-core';
import { type TensorMap } from '@medlego/engine';
import { type VitConfig } from '../config/vit-config.ts';
import { attentionProbabilities, transformerBlock } from '../forward/block.ts';
import { embedImages } from '../forward/embed.ts';
import { blockContexts } from '../forward/contexts.ts';
import { type ForwardAdapter } from '../forward/low-rank.ts';

/** Ways to tell where a vision transformer looked. */
export const attentionMethods = ['rollout', 'attention'] as const;
export type AttentionMethod = (typeof attentionMethods)[number];

/**
 * How much of the class token comes from each patch, by attention alone.
 *
 * `rollout`: attention of all blocks multiplied, heads averaged, half of each being the skip connection:
 * R = Ã_L Ã_{L−1} … Ã_1 with Ã = (Ā + I) / 2, of which the class token's row is taken. (The rows of Ā sum to 1, so those of Ã do too,
 * and the paper's renormalisation changes nothing.)
 * `attention`: the class token's row of the last block, heads averaged.
 *
 * Neither tells why a head decided as it did, and MLPs and values are left out: an aid to look at, no evidence.
 *
 * @param images [B, H, W, C] float32, normalised, borrowed
 * @returns [B, N] float32 over the patches, row by row; the rest up to 1 is the class token's own share. Owned by the caller
 * @throws as `forwardFeatures`
 * Source: Abnar & Zuidema 2020, arXiv 2005.00928, section 3 and eq. 1.
 */
export function attentionMap(
  method: AttentionMethod,
  config: VitConfig,
  params: TensorMap,
  images: tf.Tensor,
  adapter?: ForwardAdapter,
): tf.Tensor2D {
  return tf.tidy(() => {
    const blocks = blockContexts(config, params, adapter);
    const maps: tf.Tensor[] = []; // [B, T, T] each
    let x: tf.Tensor = embedImages(config, blocks[0]!.params, images);
    blocks.forEach((context, i) => {
      const isLast = i === blocks.length - 1;
      if (isLast || method === 'rollout') maps.push(tf.mean(attentionProbabilities(context, x), 1));
      if (!isLast) x = transformerBlock(context, x);
    });
    const [batch, tokens] = maps[0]!.shape as [number, number];
    const classRow = (map: tf.Tensor) => tf.slice(map, [0, 0, 0], [batch, 1, tokens]); // [B, 1, T]
    const row =
      method === 'attention'
        ? classRow(maps.at(-1)!)
        : maps.reduceRight<tf.Tensor>(
            (rolled, map) => half(tf.add(tf.matMul(rolled, map), rolled)),
            ownRow(batch, tokens),
          );
    return tf.reshape(tf.slice(row, [0, 0, 1], [batch, 1, tokens - 1]), [batch, tokens - 1]);
  });
}

const half = (x: tf.Tensor): tf.Tensor => tf.mul(x, 0.5);

/** The class token alone. [B, 1, T] */
function ownRow(batch: number, tokens: number): tf.Tensor {
  const values = Float32Array.from({ length: batch * tokens }, (_, i) => (i % tokens === 0 ? 1 : 0));
  return tf.tensor(values, [batch, 1, tokens]);
}

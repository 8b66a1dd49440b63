import * as tf from '@tensorflow/tfjs-core';
import { attention, linear } from '@medlego/engine';
import { poolPath } from '../adapters/modules.ts';
import { poolGrid, poolWidth } from '../config/resnet-config.ts';
import { type LowRankUpdates } from '../forward/low-rank.ts';
import { type ResnetContext } from './conv-norm.ts';

/**
 * Attention instead of a mean over the map: one query, the mean cell, looks at itself and at all cells. Only the output of the query is
 * computed.
 *
 * @param map [B, grid, grid, D]
 * @returns [B, embedDim]
 * Source: Radford et al. 2021, arXiv 2103.00020, section 2.4.
 */
export function attentionPool(
  { config, params }: ResnetContext,
  updates: LowRankUpdates,
  map: tf.Tensor4D,
): tf.Tensor2D {
  const dim = poolWidth(config);
  const cells = poolGrid(config) ** 2;
  const batch = map.shape[0];
  const flat = tf.reshape(map, [batch, cells, dim]) as tf.Tensor3D;
  const tokens = tf.add(tf.concat([tf.mean(flat, 1, true), flat], 1), params['attnpool.positional_embedding']!); // [B, 1 + cells, D]
  const mean = tf.reshape(tf.slice(tokens, [0, 0, 0], [batch, 1, dim]), [batch, dim]);
  const rows = tf.reshape(tokens, [batch * (1 + cells), dim]);

  const project = (name: 'q' | 'k' | 'v', x: tf.Tensor, update: tf.Tensor | undefined, count: number) => {
    const plain = linear(x, params[`attnpool.${name}_proj.weight`]!, params[`attnpool.${name}_proj.bias`]!);
    const whole = update ? tf.add(plain, update) : plain;
    const { numHeads } = config;
    return tf.transpose(tf.reshape(whole, [batch, count, numHeads, dim / numHeads]), [0, 2, 1, 3]); // [B, heads, count, d]
  };
  const [ofQ] = updates.branches(mean, [poolPath('q')]);
  const [ofK, ofV] = updates.branches(rows, [poolPath('k'), poolPath('v')]);
  const mixed = attention(
    project('q', mean, ofQ, 1),
    project('k', rows, ofK, 1 + cells),
    project('v', rows, ofV, 1 + cells),
    (dim / config.numHeads) ** -0.5,
  ); // [B, heads, 1, d]
  const joined = tf.reshape(mixed, [batch, dim]);
  const [ofProj] = updates.branches(joined, [poolPath('proj')]);
  const pooled = linear(joined, params['attnpool.c_proj.weight']!, params['attnpool.c_proj.bias']!);
  return (ofProj ? tf.add(pooled, ofProj) : pooled) as tf.Tensor2D;
}

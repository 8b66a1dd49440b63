import * as tf from '@tensorflow/tfjs-core';
import { attention, gelu, layerNorm, linear, quickGelu, type TensorMap } from '@medlego/engine';
import { modulePath } from '../adapters/modules.ts';
import { type VitConfig } from '../config/vit-config.ts';
import { type LowRankUpdates } from './low-rank.ts';

export interface BlockContext {
  readonly config: VitConfig;
  readonly params: TensorMap;
  readonly updates: LowRankUpdates;
  /** Which block, from 0. */
  readonly block: number;
}

const plus = (x: tf.Tensor, update: tf.Tensor | undefined): tf.Tensor => (update ? tf.add(x, update) : x);

const norm = ({ config, params, block }: BlockContext, name: string, x: tf.Tensor): tf.Tensor =>
  layerNorm(x, params[`blocks.${block}.${name}.weight`]!, params[`blocks.${block}.${name}.bias`]!, config.layerNormEps);

/** A linear layer that has a module of its own, with its update. x [rows, in]. Returns [rows, out]. */
function adaptedLinear(
  { params, updates, block }: BlockContext,
  target: 'proj' | 'fc1' | 'fc2',
  x: tf.Tensor,
): tf.Tensor {
  const path = modulePath(block, target);
  const [update] = updates.branches(x, [path]);
  return plus(linear(x, params[`${path}.weight`]!, params[`${path}.bias`]!), update);
}

/** [B·T, D] to [B, heads, T, D/heads]. */
function splitHeads({ numHeads, embedDim }: VitConfig, rows: tf.Tensor, batch: number): tf.Tensor {
  return tf.transpose(tf.reshape(rows, [batch, -1, numHeads, embedDim / numHeads]), [0, 2, 1, 3]);
}

/** The other way: [B, heads, T, D/heads] to [B·T, D]. */
const joinHeads = ({ embedDim }: VitConfig, x: tf.Tensor): tf.Tensor =>
  tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [-1, embedDim]);

/** Rows of the fused projection. rows [n, D]. Returns [n, D · count]. */
function project({ config, params, block }: BlockContext, rows: tf.Tensor, first: number, count: number): tf.Tensor {
  const dim = config.embedDim;
  const weight = params[`blocks.${block}.attn.qkv.weight`]!;
  const bias = params[`blocks.${block}.attn.qkv.bias`];
  if (count === 3) return linear(rows, weight, bias);
  return linear(
    rows,
    tf.slice(weight, [first * dim, 0], [count * dim, dim]),
    bias && tf.slice(bias, [first * dim], [count * dim]),
  );
}

/** Attention and MLP of a pre-norm block. x [B, T, D]. Returns [B, T, D]. Dosovitskiy et al. 2020, eq. 2 and 3. */
export function transformerBlock(context: BlockContext, x: tf.Tensor): tf.Tensor {
  const { config, updates, block } = context;
  const [batch, , dim] = x.shape as [number, number, number];
  const rows = tf.reshape(norm(context, 'norm1', x), [-1, dim]); // [B·T, D]

  const [q, k, v] = tf.split(project(context, rows, 0, 3), 3, 1); // [B·T, D] each
  const [ofQ, ofK, ofV] = updates.branches(rows, [
    modulePath(block, 'q'),
    modulePath(block, 'k'),
    modulePath(block, 'v'),
  ]);
  const mixed = attention(
    splitHeads(config, plus(q!, ofQ), batch),
    splitHeads(config, plus(k!, ofK), batch),
    splitHeads(config, plus(v!, ofV), batch),
    (dim / config.numHeads) ** -0.5,
  );
  const attended = adaptedLinear(context, 'proj', joinHeads(config, mixed)); // [B·T, D]
  const h = tf.add(x, tf.reshape(attended, x.shape));
  const hidden = tf.reshape(norm(context, 'norm2', h), [-1, dim]);
  return tf.add(h, tf.reshape(mlp(context, hidden), x.shape));
}

/**
 * Where each token of a block looks, head by head: softmax(q kᵀ / √d), which `transformerBlock` does not hand out. For explanations.
 *
 * @param x [B, T, D], the block's input
 * @returns [B, heads, T, T]; rows sum to 1
 */
export function attentionProbabilities(context: BlockContext, x: tf.Tensor): tf.Tensor {
  const { config, updates, block } = context;
  const [batch, , dim] = x.shape as [number, number, number];
  const rows = tf.reshape(norm(context, 'norm1', x), [-1, dim]); // [B·T, D]
  const [q, k] = tf.split(project(context, rows, 0, 2), 2, 1); // [B·T, D] each
  const [ofQ, ofK] = updates.branches(rows, [modulePath(block, 'q'), modulePath(block, 'k')]);
  const query = splitHeads(config, plus(q!, ofQ), batch);
  const key = splitHeads(config, plus(k!, ofK), batch);
  return tf.softmax(tf.mul(tf.matMul(query, key, false, true), (dim / config.numHeads) ** -0.5));
}

/**
 * The same as `transformerBlock` for the class token alone, for the last block: nothing reads its other outputs, so their queries, attention rows,
 * projections and MLP are not computed. Keys and values are not computed either: with one query per head,
 *
 *     q · (W_k x_t + b_k) = (W_kᵀ q) · x_t + const        Σ_t p_t (W_v x_t + b_v) = W_v (Σ_t p_t x_t) + b_v
 *
 * (the constant leaves the softmax as it is, and Σ p = 1), so the heads attend to the tokens themselves and the projections
 * take one row per image and head instead of one per token.
 *
 * @param x [B, T, D]
 * @returns [B, D]
 */
export function classTokenBlock(context: BlockContext, x: tf.Tensor): tf.Tensor2D {
  const { config, updates, block } = context;
  const [batch, tokens, dim] = x.shape as [number, number, number];
  const { numHeads } = config;
  const normed = norm(context, 'norm1', x);
  const classRows = firstToken(normed); // [B, D]
  const [ofQuery] = updates.branches(classRows, [modulePath(block, 'q')]);
  const query = plus(project(context, classRows, 0, 1), ofQuery); // [B, D]

  const mask = headMask(numHeads, dim); // [heads, D]
  const perHead = tf.mul(tf.reshape(query, [batch, 1, dim]), mask); // [B, heads, D], zero outside the head's own d
  const queries = tf.reshape(perHead, [-1, dim]) as tf.Tensor2D;
  const lookFor = plus(
    tf.matMul(queries, effectiveWeight(context, 'k')),
    updates.backwards(queries, modulePath(block, 'k')),
  ); // [B·heads, D]
  const cells = tf.reshape(normed, [batch, 1, tokens, dim]);
  const mixed = attention(tf.reshape(lookFor, [batch, 1, numHeads, dim]), cells, cells, (dim / numHeads) ** -0.5);
  const bias = context.params[`blocks.${block}.attn.qkv.bias`];
  const seen = tf.reshape(mixed, [-1, dim]); // [B·heads, D]
  const values = plus(
    linear(seen, effectiveWeight(context, 'v'), bias && tf.slice(bias, [2 * dim], [dim])),
    updates.perImage ? updates.branches(seen, [modulePath(block, 'v')])[0] : undefined,
  );
  const joined = tf.sum(tf.mul(tf.reshape(values, [batch, numHeads, dim]), mask), 1); // [B, D]

  const h = tf.add(firstToken(x), adaptedLinear(context, 'proj', joined)); // [B, D]
  return tf.add(h, mlp(context, norm(context, 'norm2', h))) as tf.Tensor2D;
}

/** The rows of the fused projection that make keys or values, with the module's update. [D, D] */
function effectiveWeight({ config: { embedDim: dim }, params, updates, block }: BlockContext, target: 'k' | 'v') {
  const first = target === 'k' ? dim : 2 * dim;
  const weight = tf.slice(params[`blocks.${block}.attn.qkv.weight`]!, [first, 0], [dim, dim]) as tf.Tensor2D;
  return plus(weight, updates.dense(modulePath(block, target))) as tf.Tensor2D;
}

/** [heads, D]: 1 where a feature belongs to the head. */
function headMask(numHeads: number, dim: number): tf.Tensor {
  const width = dim / numHeads;
  const owner = (i: number) => Math.floor((i % dim) / width);
  const values = Float32Array.from({ length: numHeads * dim }, (_, i) => (owner(i) === Math.floor(i / dim) ? 1 : 0));
  return tf.tensor(values, [numHeads, dim]);
}

/** rows [n, D]. Returns [n, D]. */
function mlp(context: BlockContext, rows: tf.Tensor): tf.Tensor {
  const activate = context.config.actLayer === 'quick_gelu' ? quickGelu : gelu;
  return adaptedLinear(context, 'fc2', activate(adaptedLinear(context, 'fc1', rows)));
}

/** [B, T, D] to [B, D]. */
function firstToken(x: tf.Tensor): tf.Tensor {
  const [batch, , dim] = x.shape as [number, number, number];
  return tf.reshape(tf.slice(x, [0, 0, 0], [batch, 1, dim]), [batch, dim]);
}

import * as tf from '@tensorflow/tfjs-core';
import { float32, hostTensor, type HostTensor, type NamedTensors } from '@medlego/tensors';
import type { PureFunction, TensorMap } from '../src/engine.ts';
import { attention } from '../src/nn/attention.ts';
import { gelu } from '../src/nn/gelu.ts';
import { layerNorm } from '../src/nn/layer-norm.ts';
import { linear } from '../src/nn/linear.ts';
import { gaussian } from './random.ts';

export interface SmallVit {
  readonly imgSize: number;
  readonly patchSize: number;
  readonly embedDim: number;
  readonly depth: number;
  readonly numHeads: number;
  readonly numClasses: number;
  readonly rank: number;
}

export const tinyVit: SmallVit = {
  imgSize: 8,
  patchSize: 4,
  embedDim: 16,
  depth: 2,
  numHeads: 2,
  numClasses: 3,
  rank: 2,
};

const tokensOf = ({ imgSize, patchSize }: SmallVit) => (imgSize / patchSize) ** 2 + 1;

/** Backbone weights under timm's names, Gaussian. */
export function vitWeights(config: SmallVit, seed: number): Record<string, HostTensor> {
  const { embedDim: d, patchSize, depth } = config;
  const random = gaussian(seed);
  const normal = (...shape: number[]) => random(shape, 1 / Math.sqrt(shape.at(-1)!));
  const near = (mean: number, size: number) =>
    float32(
      [size],
      random([size], 0.1).data.map((value) => value + mean),
    );
  const weights: Record<string, HostTensor> = {
    'patch_embed.proj.weight': normal(d, 3 * patchSize * patchSize),
    'patch_embed.proj.bias': near(0, d),
    cls_token: normal(1, 1, d),
    pos_embed: normal(1, tokensOf(config), d),
    'norm.weight': near(1, d),
    'norm.bias': near(0, d),
  };
  for (let i = 0; i < depth; i++)
    Object.assign(weights, {
      [`blocks.${i}.norm1.weight`]: near(1, d),
      [`blocks.${i}.norm1.bias`]: near(0, d),
      [`blocks.${i}.attn.qkv.weight`]: normal(3 * d, d),
      [`blocks.${i}.attn.qkv.bias`]: near(0, 3 * d),
      [`blocks.${i}.attn.proj.weight`]: normal(d, d),
      [`blocks.${i}.attn.proj.bias`]: near(0, d),
      [`blocks.${i}.norm2.weight`]: near(1, d),
      [`blocks.${i}.norm2.bias`]: near(0, d),
      [`blocks.${i}.mlp.fc1.weight`]: normal(4 * d, d),
      [`blocks.${i}.mlp.fc1.bias`]: near(0, 4 * d),
      [`blocks.${i}.mlp.fc2.weight`]: normal(d, 4 * d),
      [`blocks.${i}.mlp.fc2.bias`]: near(0, d),
    });
  return weights;
}

export function headWeights(config: SmallVit, seed: number): Record<string, HostTensor> {
  const random = gaussian(seed);
  return {
    'head.weight': random([config.numClasses, config.embedDim], 0.1),
    'head.bias': random([config.numClasses], 0.1),
  };
}

/** SVD-LoRA factors on q and v of each block; E is not zero, so that every gradient is at work. */
export function adapterWeights(config: SmallVit, seed: number): Record<string, HostTensor> {
  const { embedDim: d, rank, depth } = config;
  const random = gaussian(seed);
  const factors: Record<string, HostTensor> = {};
  for (let i = 0; i < depth; i++)
    for (const module of ['q', 'v']) {
      factors[`blocks.${i}.attn.${module}.lora_A`] = random([rank, d], 0.2);
      factors[`blocks.${i}.attn.${module}.lora_E`] = random([rank], 0.2);
      factors[`blocks.${i}.attn.${module}.lora_B`] = random([d, rank], 0.2);
    }
  return factors;
}

export function imageBatch(config: SmallVit, batch: number, seed: number): NamedTensors {
  const images = gaussian(seed)([batch, config.imgSize, config.imgSize, 3], 1);
  const labels = Int32Array.from({ length: batch }, (_, i) => i % config.numClasses);
  const mask = Float32Array.from({ length: batch }, (_, i) => (i === batch - 1 ? 0 : 1));
  return { images, labels: hostTensor('int32', [batch], labels), mask: float32([batch], mask) };
}

/** images [B, H, W, 3] → features of the class token [B, dim]. */
export function vitForward(config: SmallVit, weights: TensorMap, adapter: TensorMap, images: tf.Tensor): tf.Tensor {
  const { embedDim: d, patchSize: p, imgSize, numHeads } = config;
  const batch = images.shape[0]!;
  const side = imgSize / p;
  const tokens = tokensOf(config);
  const cut = tf.transpose(tf.reshape(images, [batch, side, p, side, p, 3]), [0, 1, 3, 5, 2, 4]); // [B, rows, columns, 3, p, p]
  const patches = linear(
    tf.reshape(cut, [batch, side * side, 3 * p * p]),
    weights['patch_embed.proj.weight']!,
    weights['patch_embed.proj.bias'],
  );
  let h = tf.add(tf.concat([tf.tile(weights.cls_token!, [batch, 1, 1]), patches], 1), weights.pos_embed!); // [B, T, d]
  const heads = (x: tf.Tensor) => tf.transpose(tf.reshape(x, [batch, tokens, numHeads, d / numHeads]), [0, 2, 1, 3]);
  for (let i = 0; i < config.depth; i++) {
    const w = (name: string) => weights[`blocks.${i}.${name}`]!;
    const y = layerNorm(h, w('norm1.weight'), w('norm1.bias'), 1e-6);
    const projected = (['q', 'k', 'v'] as const).map((name, row) => {
      const frozen = linear(
        y,
        tf.slice(w('attn.qkv.weight'), [row * d, 0], [d, d]),
        tf.slice(w('attn.qkv.bias'), [row * d], [d]),
      );
      return tf.add(frozen, lowRank(y, adapter, `blocks.${i}.attn.${name}`));
    });
    const [q, k, v] = projected.map(heads) as [tf.Tensor, tf.Tensor, tf.Tensor]; // [B, heads, T, headDim]
    const mixed = tf.transpose(attention(q, k, v, 1 / Math.sqrt(d / numHeads)), [0, 2, 1, 3]); // [B, T, heads, headDim]
    h = tf.add(h, linear(tf.reshape(mixed, [batch, tokens, d]), w('attn.proj.weight'), w('attn.proj.bias')));
    const z = layerNorm(h, w('norm2.weight'), w('norm2.bias'), 1e-6);
    const hidden = gelu(linear(z, w('mlp.fc1.weight'), w('mlp.fc1.bias')));
    h = tf.add(h, linear(hidden, w('mlp.fc2.weight'), w('mlp.fc2.bias')));
  }
  const out = layerNorm(h, weights['norm.weight']!, weights['norm.bias']!, 1e-6);
  return tf.reshape(tf.slice(out, [0, 0, 0], [batch, 1, d]), [batch, d]);
}

/** B diag(E) A y, or 0 for a module without an adapter. */
function lowRank(y: tf.Tensor, adapter: TensorMap, module: string): tf.Tensor {
  const a = adapter[`${module}.lora_A`];
  if (!a) return tf.scalar(0);
  return linear(tf.mul(linear(y, a), adapter[`${module}.lora_E`]!), adapter[`${module}.lora_B`]!);
}

/** One AdamW step on everything in the state whose name does not start with `adam.`. Loshchilov and Hutter 2019, arXiv 1711.05101. */
export function vitTrainStep(config: SmallVit): PureFunction {
  return ({ constants, state, inputs }) => {
    const names = Object.keys(state).filter((name) => !name.startsWith('adam.'));
    const loss = (...values: tf.Tensor[]) => {
      const trainable: TensorMap = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
      const all = { ...constants, ...trainable };
      const features = vitForward(config, all, trainable, inputs.images!);
      const logits = linear(features, all['head.weight']!, all['head.bias']);
      const target = tf.oneHot(tf.cast(inputs.labels!, 'int32'), config.numClasses);
      const perImage = tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)), -1));
      return tf.div(tf.sum(tf.mul(perImage, inputs.mask!)), tf.sum(inputs.mask!)) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => state[name]!));
    const next: Record<string, tf.Tensor> = {};
    const step = tf.add(state['adam.step']!, 1);
    next['adam.step'] = step;
    names.forEach((name, i) => {
      const m = tf.add(tf.mul(state[`adam.m.${name}`]!, 0.9), tf.mul(grads[i]!, 0.1));
      const v = tf.add(tf.mul(state[`adam.v.${name}`]!, 0.999), tf.mul(tf.square(grads[i]!), 0.001));
      const mHat = tf.div(m, tf.sub(1, tf.pow(0.9, step)));
      const vHat = tf.div(v, tf.sub(1, tf.pow(0.999, step)));
      const decayed = tf.mul(state[name]!, 1 - 1e-3 * 0.05);
      next[name] = tf.sub(decayed, tf.mul(tf.div(mHat, tf.add(tf.sqrt(vHat), 1e-8)), 1e-3));
      next[`adam.m.${name}`] = m;
      next[`adam.v.${name}`] = v;
    });
    return { outputs: { loss: value }, state: next };
  };
}

/** The trainable tensors with AdamW's slots. */
export function withAdamSlots(trainable: NamedTensors): NamedTensors {
  const state: Record<string, HostTensor> = { ...trainable, 'adam.step': float32([], [0]) };
  for (const [name, { shape, data }] of Object.entries(trainable)) {
    state[`adam.m.${name}`] = float32(shape, new Float32Array(data.length));
    state[`adam.v.${name}`] = float32(shape, new Float32Array(data.length));
  }
  return state;
}

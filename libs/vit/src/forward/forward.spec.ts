import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '@medlego/engine';
import { ShapeMismatchError, InvalidValueError } from '@medlego/errors';
import { float32, type NamedTensors } from '@medlego/tensors';
import { parseAdapterSpec } from '../adapters/adapter-spec.ts';
import { initAdapter } from '../adapters/init-adapter.ts';
import { targetModules } from '../adapters/modules.ts';
import { parseVitConfig } from '../config/vit-config.ts';
import { initHead, initParams } from '../params/init-params.ts';
import { RandomStream } from '../random/random-stream.ts';
import {
  distance,
  expectNoLeakedTensors,
  golden,
  readTensors,
  take,
  toChannelsLast,
  toTensorMap,
} from '../../tests/support.ts';
import { forwardFeatures, forwardTokens, headLogits } from './forward.ts';

const goldenConfigs = {
  rgb: { imgSize: 28, patchSize: 4, embedDim: 64, depth: 2, numHeads: 2 },
  gray: { imgSize: 28, patchSize: 7, inChans: 1, embedDim: 48, depth: 3, numHeads: 4, mlpRatio: 2 },
};

const tiny = parseVitConfig({ imgSize: 8, patchSize: 4, embedDim: 12, depth: 3, numHeads: 3, mlpRatio: 2 });
const images = (batch: number) =>
  tf.tensor(new RandomStream(3, 'images').normals(batch * 8 * 8 * 3, 1), [batch, 8, 8, 3]);

/** An adapter whose every factor is random, so that no part of it is silent. */
function randomAdapter(kind: 'svd-lora' | 'lora', targets: readonly (typeof targetModules)[number][], ranks = [3]) {
  const spec = parseAdapterSpec({ kind, rank: Math.max(...ranks), alpha: 5, targetModules: targets });
  const tensors: Record<string, NamedTensors[string]> = {};
  ranks.forEach((rank, i) => {
    const part = initAdapter(tiny, { ...spec, rank }, { seed: 1 });
    for (const [name, { shape }] of Object.entries(part))
      if (Number(name.split('.')[1]) % ranks.length === i)
        tensors[name] = float32(
          shape,
          new RandomStream(9, name).normals(
            shape.reduce((a, b) => a * b, 1),
            0.4,
          ),
        );
  });
  return { spec, tensors };
}

// Opening any engine registers tfjs' gradients, which tfjs-core alone has not.
beforeAll(async () => (await openEngine({ engine: 'cpu' })).dispose());

describe('forwardFeatures', () => {
  for (const [name, input] of Object.entries(goldenConfigs))
    it(`gives timm's features, logits and tokens of model ${name}`, async (context) => {
      const params = toTensorMap(await readTensors(golden(context, 'models', name, 'timm.safetensors')));
      const io = await readTensors(golden(context, 'models', name, 'io.safetensors'));
      const config = parseVitConfig(input);
      const pixels = toChannelsLast(io['images']!);

      const features = forwardFeatures(config, params, pixels);
      expect(distance(take(headLogits(features, params)), io['timm_logits']!)).toBeLessThan(1e-4);
      expect(distance(take(features), io['timm_features']!)).toBeLessThan(1e-4);
      const tokens = forwardTokens(config, params, pixels);
      expect(tokens).toHaveLength(config.depth + 1);
      tokens.forEach((token, i) =>
        expect(distance(take(token), io[`timm_tokens.${i === config.depth ? 'final' : i}`]!)).toBeLessThan(1e-4),
      );
    });

  it('agrees with the tokens of the full last block, adapters of every module included', () => {
    const params = toTensorMap(initParams(tiny, 0));
    for (const kind of ['svd-lora', 'lora'] as const) {
      const { spec, tensors } = randomAdapter(kind, targetModules);
      const adapter = { spec, tensors: toTensorMap(tensors) };
      const last = forwardTokens(tiny, params, images(2), adapter).at(-1)!;
      const classToken = tf.reshape(tf.slice(last, [0, 0, 0], [2, 1, 12]), [2, 12]);
      const { mean, variance } = tf.moments(classToken, 1, true);
      const normed = tf.div(tf.sub(classToken, mean), tf.sqrt(tf.add(variance, 1e-6)));
      expect(distance(take(forwardFeatures(tiny, params, images(2), adapter)), take(normed))).toBeLessThan(1e-5);
    }
  });

  it('does not change with a fresh adapter of any kind', () => {
    const host = initParams(tiny, 0);
    const params = toTensorMap(host);
    const plain = take(forwardFeatures(tiny, params, images(2)));
    for (const kind of ['svd-lora', 'lora', 'full', 'head-only'] as const) {
      const spec = parseAdapterSpec({ kind, targetModules: [...targetModules] });
      const adapter = { spec, tensors: toTensorMap(initAdapter(tiny, spec, { seed: 1, params: host })) };
      expect(distance(take(forwardFeatures(tiny, params, images(2), adapter)), plain)).toBe(0);
    }
  });

  it('answers with the tensors of a full adapter instead of the backbone', () => {
    const spec = parseAdapterSpec({ kind: 'full' });
    const [base, trained] = [toTensorMap(initParams(tiny, 0)), toTensorMap(initParams(tiny, 1))];
    const answer = take(forwardFeatures(tiny, base, images(2), { spec, tensors: trained }));
    expect(distance(answer, take(forwardFeatures(tiny, trained, images(2))))).toBe(0);
  });

  it('does not let images of one batch touch each other', () => {
    const params = toTensorMap(initParams(tiny, 0));
    const both = take(forwardFeatures(tiny, params, images(2)));
    const one = take(forwardFeatures(tiny, params, tf.slice(images(2), [1, 0, 0, 0], [1, 8, 8, 3])));
    expect(distance(one, float32([1, 12], both.data.slice(12)))).toBeLessThan(1e-6);
  });

  it('has the gradients of finite differences for every factor of mixed-rank adapters', () => {
    const params = toTensorMap(initParams(tiny, 0));
    const head = toTensorMap(initHead(tiny, 2, 0));
    for (const kind of ['svd-lora', 'lora'] as const) {
      const { spec, tensors } = randomAdapter(kind, targetModules, [2, 3, 1]);
      const names = Object.keys(tensors);
      const loss = (...values: tf.Tensor[]) => {
        const given = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
        const logits = headLogits(forwardFeatures(tiny, params, images(2), { spec, tensors: given }), head);
        return tf.mul(tf.sum(tf.mul(logits, tf.tensor2d([1, -2, 3, 1], [2, 2]))), 100) as tf.Scalar;
      };
      const values = names.map((name) => toTensorMap(tensors)[name]!);
      const gradients = tf.grads(loss)(values);
      names.forEach((name, i) => {
        const direction = tf.tensor(new RandomStream(5, name).normals(values[i]!.size, 1), values[i]!.shape);
        const at = (step: number) =>
          loss(...values.map((value, j) => (j === i ? tf.add(value, tf.mul(direction, step)) : value))).dataSync()[0]!;
        const numeric = (at(1e-3) - at(-1e-3)) / 2e-3;
        const exact = tf.sum(tf.mul(gradients[i]!, direction)).dataSync()[0]!;
        expect(Math.abs(exact - numeric), name).toBeLessThan(2e-2 * Math.max(1, Math.abs(exact)));
      });
    }
  });

  it('refuses images of another size and tensors of no module', () => {
    const params = toTensorMap(initParams(tiny, 0));
    const adapter = { spec: parseAdapterSpec(), tensors: { 'blocks.0.attn.qkv.lora_A': tf.zeros([4, 12]) } };
    expect(() => forwardFeatures(tiny, params, tf.zeros([1, 8, 12, 3]))).toThrow(ShapeMismatchError);
    expect(() => forwardFeatures(tiny, params, images(1), adapter)).toThrow(InvalidValueError);
  });

  it('keeps no tensors but its result', () => {
    const params = toTensorMap(initParams(tiny, 0));
    const { spec, tensors } = randomAdapter('svd-lora', ['q', 'v']);
    const adapter = { spec, tensors: toTensorMap(tensors) };
    const pixels = images(1);
    expectNoLeakedTensors(() => forwardFeatures(tiny, params, pixels, adapter), 1).dispose();
    expectNoLeakedTensors(() => forwardTokens(tiny, params, pixels, adapter), tiny.depth + 1).forEach((t) =>
      t.dispose(),
    );
  });
});

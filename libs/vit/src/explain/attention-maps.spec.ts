import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '@medlego/engine';
import { float32, type NamedTensors } from '@medlego/tensors';
import { parseAdapterSpec } from '../adapters/adapter-spec.ts';
import { initAdapter } from '../adapters/init-adapter.ts';
import { targetModules } from '../adapters/modules.ts';
import { parseVitConfig } from '../config/vit-config.ts';
import { forwardTokens } from '../forward/forward.ts';
import { initParams } from '../params/init-params.ts';
import { RandomStream } from '../random/random-stream.ts';
import { distance, expectNoLeakedTensors, take, toTensorMap } from '../../tests/support.ts';
import { attentionMap, attentionMethods } from './attention-maps.ts';

const config = parseVitConfig({ imgSize: 8, patchSize: 2, embedDim: 12, depth: 3, numHeads: 3, mlpRatio: 2 });
const [batch, tokens, dim, heads] = [2, 17, 12, 3];
const width = dim / heads;
const pixels = float32([batch, 8, 8, 3], new RandomStream(3, 'images').normals(batch * 8 * 8 * 3, 1));
/** Ten times a fresh model's weights, so that attention is far from even. */
const params: NamedTensors = Object.fromEntries(
  Object.entries(initParams(config, 0)).map(([name, { shape, data }]) => [
    name,
    float32(
      shape,
      Float32Array.from(data as Float32Array, (value) => (name.includes('qkv.weight') ? value * 30 : value)),
    ),
  ]),
);

/** One number after the other: LayerNorm, queries and keys, softmax, mean over the heads. [T][T] per block of one image. */
function plainAttention(image: number, states: readonly Float32Array[]): number[][][] {
  const values = (name: string) => params[name]!.data as Float32Array;
  return states.slice(0, config.depth).map((state, block) => {
    const rows = Array.from({ length: tokens }, (_, t) => {
      const row = [...state.subarray((image * tokens + t) * dim, (image * tokens + t + 1) * dim)];
      const mean = row.reduce((a, b) => a + b) / dim;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / dim;
      return row.map(
        (value, i) =>
          ((value - mean) / Math.sqrt(variance + config.layerNormEps)) * values(`blocks.${block}.norm1.weight`)[i]! +
          values(`blocks.${block}.norm1.bias`)[i]!,
      );
    });
    const project = (row: number[], out: number) =>
      row.reduce((sum, value, i) => sum + value * values(`blocks.${block}.attn.qkv.weight`)[out * dim + i]!, 0) +
      values(`blocks.${block}.attn.qkv.bias`)[out]!;
    const mean = Array.from({ length: tokens }, () => new Array<number>(tokens).fill(0));
    for (let head = 0; head < heads; head++)
      rows.forEach((from, t) => {
        const scores = rows.map((to) => {
          let dot = 0;
          for (let d = head * width; d < (head + 1) * width; d++) dot += project(from, d) * project(to, dim + d);
          return Math.exp(dot / Math.sqrt(width));
        });
        const total = scores.reduce((a, b) => a + b);
        scores.forEach((score, u) => (mean[t]![u]! += score / total / heads));
      });
    return mean;
  });
}

function plainRollout(maps: readonly number[][][]): number[] {
  const identity = (t: number, u: number) => (t === u ? 1 : 0);
  const times = (a: number[][], b: number[][]) =>
    a.map((row) => b[0]!.map((_, u) => row.reduce((sum, value, k) => sum + value * b[k]![u]!, 0)));
  const mixed = maps.map((map) => map.map((row, t) => row.map((value, u) => (value + identity(t, u)) / 2)));
  return mixed.reduce((rolled, map) => times(map, rolled))[0]!.slice(1);
}

beforeAll(async () => (await openEngine({ engine: 'cpu' })).dispose());

const tensors = () => toTensorMap(params);
const images = () => tf.tensor(pixels.data, [...pixels.shape]);

describe('attentionMap', () => {
  const plain = () => {
    const states = forwardTokens(config, tensors(), images()).map((tensor) => take(tensor).data);
    return Array.from({ length: batch }, (_, image) => plainAttention(image, states));
  };

  it('rolls attention out as the products of matrices written down do', () => {
    const wanted = float32([batch, 16], Float32Array.from(plain().flatMap(plainRollout)));
    const map = take(attentionMap('rollout', config, tensors(), images()));
    expect(distance(map, wanted)).toBeLessThan(1e-5);
    expect(Math.max(...map.data) / Math.min(...map.data)).toBeGreaterThan(1.2); // it does say something
  });

  it("gives the class token's row of the last block", () => {
    const wanted = float32([batch, 16], Float32Array.from(plain().flatMap((maps) => maps.at(-1)![0]!.slice(1))));
    expect(distance(take(attentionMap('attention', config, tensors(), images())), wanted)).toBeLessThan(1e-5);
  });

  it('sees adapters, and leaves nothing behind', () => {
    const spec = parseAdapterSpec({ kind: 'lora', rank: 2, targetModules });
    const adapter = initAdapter(config, spec, { seed: 1 });
    const loud = Object.fromEntries(
      Object.entries(adapter).map(([name, { shape, data }]) => [
        name,
        float32(shape, new RandomStream(1, name).normals(data.length, 0.5)),
      ]),
    );
    const backbone = tensors();
    const factors = toTensorMap(loud);
    const batchImages = images();
    const without = take(attentionMap('rollout', config, backbone, batchImages));
    const adapted = expectNoLeakedTensors(
      () => attentionMap('rollout', config, backbone, batchImages, { spec, tensors: factors }),
      1,
    );
    expect(distance(take(adapted), without)).toBeGreaterThan(1e-3);
  });

  it('is the same computed by the traced graph', async () => {
    const engine = await openEngine({ engine: 'onnx', device: 'cpu', intraOpThreads: 1 });
    for (const method of attentionMethods) {
      const program = engine.compile({
        name: method,
        constants: params,
        fn: ({ constants, inputs }) => ({
          outputs: { map: attentionMap(method, config, constants, inputs['images']!) },
        }),
      });
      const { map } = await program.run({ images: pixels });
      const wanted = take(attentionMap(method, config, tensors(), images()));
      expect(distance(map!, wanted)).toBeLessThan(1e-5);
    }
    await engine.dispose();
  });

  it('shares out what the class token does not keep', () => {
    for (const method of attentionMethods) {
      const { data } = take(attentionMap(method, config, tensors(), images()));
      for (let image = 0; image < batch; image++) {
        const share = data.subarray(image * 16, image * 16 + 16).reduce((a, b) => a + b);
        expect(share).toBeGreaterThan(0);
        expect(share).toBeLessThan(1);
      }
    }
  });
});

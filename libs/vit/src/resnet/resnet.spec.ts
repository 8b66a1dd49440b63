import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type EngineName, type PureFunction, type TensorMap } from '@medlego/engine';
import { InvalidValueError, ShapeMismatchError, UnsupportedAdapterError } from '@medlego/errors';
import { digestTensors, float32, sizeOf, type HostTensor, type NamedTensors } from '@medlego/tensors';
import {
  distance,
  expectNoLeakedTensors,
  readTensors,
  take,
  toChannelsLast,
  toTensorMap,
} from '../../tests/support.ts';
import { parseAdapterSpec, type AdapterSpec } from '../adapters/adapter-spec.ts';
import { assertAdapter } from '../adapters/adapter-tensors.ts';
import { foldAdapter } from '../adapters/fold.ts';
import { initAdapter } from '../adapters/init-adapter.ts';
import { poolTargets } from '../adapters/modules.ts';
import { adapterFromUpdates, adapterUpdates } from '../adapters/updates.ts';
import { paramShapes } from '../config/param-shapes.ts';
import { presetConfig } from '../config/presets.ts';
import { type ModifiedResnetConfig } from '../config/resnet-config.ts';
import { exportPeft } from '../formats/export-peft.ts';
import { importPeft } from '../formats/import-peft.ts';
import { exportMelo } from '../formats/melo.ts';
import { forwardFeatures, headLogits } from '../forward/forward.ts';
import { readBackbone } from '../io/read-import.ts';
import { initHead, initParams } from '../params/init-params.ts';
import { RandomStream } from '../random/random-stream.ts';

const folder = join(import.meta.dirname, '../../tests/open-clip/resnet');
const { config, params } = (await readBackbone(folder)) as { config: ModifiedResnetConfig; params: NamedTensors };
const random = (name: string, shape: readonly number[], std: number) =>
  float32(shape, new RandomStream(8, name).normals(sizeOf(shape), std));
const images = random('images', [2, 64, 64, 3], 1);
const largest = ({ data }: HostTensor) => Math.max(...(data as Float32Array).map(Math.abs));
const toTf = (host: HostTensor) => toTensorMap({ x: host })['x']!;

/** A low-rank adapter whose every factor is random, or the backbone itself as a full one. */
function adapterOf(kind: 'svd-lora' | 'lora' | 'full'): { spec: AdapterSpec; tensors: NamedTensors } {
  const spec = parseAdapterSpec({ kind, rank: 2, alpha: 3, targetModules: [...poolTargets] });
  const fresh = initAdapter(config, spec, { seed: 1, params });
  if (kind === 'full') return { spec, tensors: fresh };
  const tensors = Object.entries(fresh).map(([name, { shape }]) => [name, random(name, shape, 0.3)] as const);
  return { spec, tensors: Object.fromEntries(tensors) };
}

async function run(
  engine: EngineName,
  fn: PureFunction,
  constants: NamedTensors,
  inputs: NamedTensors,
  state?: NamedTensors,
): Promise<NamedTensors> {
  const opened = await openEngine({ engine, intraOpThreads: 1 });
  try {
    return await opened
      .compile({ name: 'resnet', fn, constants })
      .run(inputs, state && (await opened.createState(state)));
  } finally {
    await opened.dispose();
  }
}

// Opening any engine registers tfjs' gradients, which tfjs-core alone has not.
beforeAll(async () => (await openEngine({ engine: 'cpu' })).dispose());

describe('a ModifiedResNet', () => {
  it("gives open_clip's features as a compiled graph", async () => {
    const io = await readTensors(join(folder, 'io.safetensors'));
    const { features } = await run(
      'onnx',
      ({ constants, inputs }) => ({
        outputs: { features: forwardFeatures(config, constants, tf.transpose(inputs['images']!, [0, 2, 3, 1])) },
      }),
      params,
      { images: io['images']! },
    );
    expect(distance(features!, io['features']!)).toBeLessThan(1e-4);
  });

  for (const kind of ['svd-lora', 'lora', 'full'] as const)
    it(`has the loss and gradients of the cpu engine for ${kind}, and none for running statistics`, async () => {
      const { spec, tensors } = adapterOf(kind);
      const names = Object.keys(tensors);
      const fn: PureFunction = ({ constants, state, inputs }) => {
        const loss = (...values: tf.Tensor[]): tf.Scalar => {
          const given: TensorMap = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
          const features = forwardFeatures(config, constants, inputs['images']!, { spec, tensors: given });
          return tf.sum(tf.mul(headLogits(features, constants), inputs['weights']!));
        };
        const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => state[name]!));
        return { outputs: { loss: value, ...Object.fromEntries(names.map((name, i) => [name, grads[i]!])) } };
      };
      const constants = { ...params, ...initHead(config, 2, 0) };
      const inputs = { images, weights: random('weights', [2, 2], 10) };
      const onnx = await run('onnx', fn, constants, inputs, tensors);
      const cpu = await run('cpu', fn, constants, inputs, tensors);
      for (const [name, expected] of Object.entries(cpu)) {
        if (name.includes('running_')) expect(largest(expected), name).toBe(0);
        // A bias of the keys moves no softmax: its gradient is rounding alone.
        else if (name !== 'attnpool.k_proj.bias')
          expect(distance(onnx[name]!, expected) / largest(expected), name).toBeLessThan(1e-3);
      }
    });

  it("has open_clip's gradients, from the stem to the attention pool", async () => {
    const io = await readTensors(join(folder, 'io.safetensors'));
    const names = Object.keys(io).flatMap((name) =>
      name.startsWith('gradient.') ? [name.slice('gradient.'.length)] : [],
    );
    expect(names).toHaveLength(5);
    const { spec } = adapterOf('full');
    const [own, pixels, cotangent] = [toTensorMap(params), toChannelsLast(io['images']!), toTf(io['cotangent']!)];
    const loss = (...values: tf.Tensor[]) => {
      const tensors = { ...own, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
      return tf.sum(tf.mul(forwardFeatures(config, own, pixels, { spec, tensors }), cotangent)) as tf.Scalar;
    };
    const gradients = tf.grads(loss)(names.map((name) => own[name]!));
    names.forEach((name, i) => {
      const expected = io[`gradient.${name}`]!;
      expect(distance(take(gradients[i]!), expected) / largest(expected), name).toBeLessThan(1e-4);
    });
  });

  it('answers with an adapter as with its weights folded in', () => {
    for (const kind of ['svd-lora', 'lora'] as const) {
      const { spec, tensors } = adapterOf(kind);
      const pixels = toTf(images);
      const beside = take(
        forwardFeatures(config, toTensorMap(params), pixels, { spec, tensors: toTensorMap(tensors) }),
      );
      const folded = foldAdapter(config, params, { spec, tensors });
      const plain = take(forwardFeatures(config, toTensorMap(params), pixels));
      expect(distance(beside, take(forwardFeatures(config, toTensorMap(folded), pixels)))).toBeLessThan(1e-3);
      expect(distance(beside, plain)).toBeGreaterThan(0.1);
    }
  });

  it('keeps its adapters through updates and PEFT files', () => {
    for (const kind of ['svd-lora', 'lora'] as const) {
      const adapter = adapterOf(kind);
      const head = initHead(config, 3, 0);
      const updates = adapterUpdates(adapter.spec, adapter.tensors);
      expect(Object.keys(updates).sort()).toEqual(['attnpool.k', 'attnpool.proj', 'attnpool.q', 'attnpool.v']);
      assertAdapter(config, adapter.spec, adapterFromUpdates(updates, { kind }).tensors);
      const { tensors, json } = exportPeft({ config, adapter, head }, { type: kind === 'lora' ? 'lora' : 'adalora' });
      const files = { tensors: tensors['adapter_model.safetensors']!, adapterConfig: json['adapter_config.json'] };
      const read = importPeft(config, { ...files, source: 'file' });
      expect(digestTensors(read.head!)).toBe(digestTensors(head));
      const pixels = toTf(images);
      const features = ({ spec, tensors: own }: { spec: AdapterSpec; tensors: NamedTensors }) =>
        take(forwardFeatures(config, toTensorMap(params), pixels, { spec, tensors: toTensorMap(own) }));
      expect(distance(features(read), features(adapter))).toBeLessThan(1e-3);
    }
  });

  it('starts at the scale of its input: every fresh block is its shortcut', () => {
    const fresh = initParams(config, 0);
    const features = take(forwardFeatures(config, toTensorMap(fresh), toTf(images)));
    expect(features.data.every(Number.isFinite)).toBe(true);
    expect(Math.max(...features.data.map(Math.abs))).toBeGreaterThan(1e-3);
    expect(digestTensors(initParams(config, 0))).toBe(digestTensors(fresh));
    expect(digestTensors(initParams(config, 1))).not.toBe(digestTensors(fresh));
    expect([...(fresh['layer1.0.bn3.weight']!.data as Float32Array)]).toEqual(Array<number>(8).fill(0));
  });

  it('has the sizes of PMC-CLIP behind its name', () => {
    const shapes = paramShapes(presetConfig('pmc-clip-rn50'));
    expect(shapes['attnpool.c_proj.weight']).toEqual([768, 2048]);
    expect(shapes['attnpool.positional_embedding']).toEqual([50, 2048]);
    expect(shapes['layer4.2.conv3.weight']).toEqual([2048, 512, 1, 1]);
    const count = Object.entries(shapes).reduce(
      (sum, [name, shape]) => sum + (/running_/.test(name) ? 0 : sizeOf(shape)),
      0,
    );
    expect(count).toBe(37_792_352);
  });

  it('names what it has no place for', () => {
    const blocks = parseAdapterSpec({ kind: 'lora', targetModules: ['q', 'fc1'] });
    expect(() => initAdapter(config, blocks, { seed: 0 })).toThrow(UnsupportedAdapterError);
    expect(() => initAdapter(config, blocks, { seed: 0 })).toThrow(/target fc1.*attention pool's q, k, v, proj/);
    const { spec } = adapterOf('lora');
    const foreign = { 'blocks.0.attn.q.lora_A': float32([2, 64], new Float32Array(128)) };
    expect(() => assertAdapter(config, spec, foreign)).toThrow(InvalidValueError);
    expect(() => exportMelo({ config, adapter: adapterOf('lora') })).toThrow(UnsupportedAdapterError);
    expect(() => forwardFeatures(config, toTensorMap(params), tf.zeros([1, 32, 64, 3]))).toThrow(ShapeMismatchError);
  });

  it('keeps no tensors but its result', () => {
    const [own, pixels] = [toTensorMap(params), toTf(images)];
    expectNoLeakedTensors(() => forwardFeatures(config, own, pixels), 1).dispose();
  });
});

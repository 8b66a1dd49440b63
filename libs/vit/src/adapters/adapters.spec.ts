import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  InvalidValueError,
  MissingTensorError,
  NonFiniteError,
  ShapeMismatchError,
  UnexpectedTensorError,
} from '@medlego/errors';
import { type AdapterUpdates } from '@medlego/linalg';
import { digestTensors, float32, sizeOf, type NamedTensors } from '@medlego/tensors';
import { parseVitConfig } from '../config/vit-config.ts';
import { forwardFeatures } from '../forward/forward.ts';
import { initParams } from '../params/init-params.ts';
import { RandomStream } from '../random/random-stream.ts';
import { distance, expectNoLeakedTensors, take, toTensorMap } from '../../tests/support.ts';
import { adapterScaling, parseAdapterSpec } from './adapter-spec.ts';
import { assertAdapter } from './adapter-tensors.ts';
import { foldAdapter, foldUpdates } from './fold.ts';
import { initAdapter } from './init-adapter.ts';
import { allModules, targetModules } from './modules.ts';
import { orthogonalityPenalty } from './orthogonality.ts';
import { adapterFromUpdates, adapterUpdates } from './updates.ts';

const config = parseVitConfig({ imgSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 3, mlpRatio: 2 });
const params = initParams(config, 0);
const images = () => tf.tensor(new RandomStream(3, 'images').normals(2 * 8 * 8 * 3, 1), [2, 8, 8, 3]);
const features = (
  weights: NamedTensors,
  adapter?: { spec: ReturnType<typeof parseAdapterSpec>; tensors: NamedTensors },
) =>
  take(
    forwardFeatures(
      config,
      toTensorMap(weights),
      images(),
      adapter && { ...adapter, tensors: toTensorMap(adapter.tensors) },
    ),
  );

/** Fresh tensors of a kind, with every factor random: a fresh E or B of zeros would hide mistakes. */
function randomTensors(input: Parameters<typeof parseAdapterSpec>[0]) {
  const spec = parseAdapterSpec(input);
  const tensors = Object.fromEntries(
    Object.entries(initAdapter(config, spec, { seed: 1 })).map(([name, { shape }]) => [
      name,
      float32(shape, new RandomStream(8, name).normals(sizeOf(shape), 0.4)),
    ]),
  );
  return { spec, tensors };
}

describe('parseAdapterSpec', () => {
  it('defaults to the paper: SVD-LoRA of rank 4 on q and v at scale 1', () => {
    expect(parseAdapterSpec()).toEqual({ kind: 'svd-lora', rank: 4, alpha: 4, targetModules: ['q', 'v'] });
    expect(adapterScaling(parseAdapterSpec({ rank: 8 }))).toBe(1);
    expect(adapterScaling(parseAdapterSpec({ rank: 8, alpha: 2 }))).toBe(0.25);
  });

  it.each([
    { rank: 0 },
    { alpha: 0 },
    { targetModules: [] },
    { targetModules: ['q', 'q'] },
    { targetModules: ['qkv'] },
    { kind: 'dora' },
  ])('refuses %j', (input) => {
    expect(() => parseAdapterSpec(input)).toThrow(InvalidValueError);
  });
});

describe('initAdapter', () => {
  it('gives the same bytes for the same seed, and others for another', () => {
    const digest = (seed: number) => digestTensors(initAdapter(config, parseAdapterSpec(), { seed }));
    expect(digest(4)).toBe(digest(4));
    expect(digest(5)).not.toBe(digest(4));
    expect(digestTensors(initParams(config, 4))).not.toBe(digestTensors(params));
    expect(digestTensors(initParams(config, 0))).toBe(digestTensors(params));
  });

  it('has the number of weights that the paper counts for ViT-B/16', () => {
    const base = parseVitConfig({ imgSize: 224, patchSize: 16, embedDim: 768, depth: 12, numHeads: 12 });
    const tensors = initAdapter(base, parseAdapterSpec(), { seed: 0 });
    assertAdapter(base, parseAdapterSpec(), tensors);
    expect(Object.values(tensors).reduce((sum, { shape }) => sum + sizeOf(shape), 0)).toBe(147_552);
  });

  it('draws A and B of SVD-LoRA with the deviation asked for, and bounds A of LoRA', () => {
    const spread = (tensor: NamedTensors[string]) =>
      Math.sqrt((tensor.data as Float32Array).reduce((s, x) => s + x * x, 0) / tensor.data.length);
    const wide = parseVitConfig({ ...config, embedDim: 768 });
    const svd = initAdapter(wide, parseAdapterSpec(), { seed: 0, std: 0.1 });
    expect(spread(svd['blocks.0.attn.q.lora_A']!)).toBeCloseTo(0.1, 2);
    expect(spread(svd['blocks.1.attn.v.lora_B']!)).toBeCloseTo(0.1, 2);
    const a = initAdapter(wide, parseAdapterSpec({ kind: 'lora' }), { seed: 0 })['blocks.0.attn.q.lora_A']!
      .data as Float32Array;
    expect(a.every((value) => Math.abs(value) <= 1 / Math.sqrt(768))).toBe(true);
  });

  it('needs the backbone for a full adapter and shares its tensors', () => {
    const spec = parseAdapterSpec({ kind: 'full' });
    expect(() => initAdapter(config, spec, { seed: 0 })).toThrow(MissingTensorError);
    const tensors = initAdapter(config, spec, { seed: 0, params });
    assertAdapter(config, spec, tensors);
    expect(tensors['norm.weight']).toBe(params['norm.weight']);
  });
});

describe('assertAdapter', () => {
  const { spec, tensors } = randomTensors({ targetModules: [...targetModules] });
  const change = (name: string, value: NamedTensors[string] | undefined) => {
    const { [name]: _, ...rest } = tensors;
    return value ? { ...rest, [name]: value } : rest;
  };
  const zeros = (...shape: number[]) => float32(shape, new Float32Array(sizeOf(shape)));

  it('accepts an adapter of all modules, and merged ones whose modules differ in rank or are left out', () => {
    assertAdapter(config, spec, tensors);
    const merged = {
      'blocks.1.attn.q.lora_A': zeros(1, 12),
      'blocks.1.attn.q.lora_B': zeros(12, 1),
      'blocks.1.attn.q.lora_E': zeros(1),
    };
    assertAdapter(config, spec, merged);
    assertAdapter(config, spec, {});
  });

  it.each([
    ['a missing factor', 'blocks.0.attn.q.lora_E', undefined, MissingTensorError],
    ['another input width', 'blocks.0.attn.q.lora_A', zeros(4, 13), ShapeMismatchError],
    ['another output width', 'blocks.0.mlp.fc1.lora_B', zeros(12, 4), ShapeMismatchError],
    ['rank 0', 'blocks.0.attn.q.lora_A', zeros(0, 12), InvalidValueError],
    ['a rank above the specification', 'blocks.0.attn.q.lora_A', zeros(5, 12), InvalidValueError],
    ['a block beyond the depth', 'blocks.2.attn.q.lora_A', zeros(4, 12), InvalidValueError],
    ['a module of no known name', 'blocks.0.attn.qkv.lora_A', zeros(4, 12), UnexpectedTensorError],
    ['NaN', 'blocks.0.attn.q.lora_E', float32([4], [0, NaN, 0, 0]), NonFiniteError],
  ])('refuses %s', (_, name, value, type) => {
    expect(() => assertAdapter(config, spec, change(name, value))).toThrow(type);
  });
});

describe('orthogonalityPenalty', () => {
  const { tensors } = randomTensors({ rank: 3, targetModules: ['q', 'fc1'] });

  /** Straight from eq. 4, in float64. */
  const byHand = Object.entries(tensors).reduce((total, [name, { shape, data }]) => {
    if (name.endsWith('lora_E')) return total;
    const rank = name.endsWith('lora_A') ? shape[0]! : shape[1]!;
    const width = data.length / rank;
    const at = (k: number, i: number) => Number(name.endsWith('lora_A') ? data[k * width + i] : data[i * rank + k]);
    for (let p = 0; p < rank; p++)
      for (let q = 0; q < rank; q++) {
        let gram = p === q ? -1 : 0;
        for (let i = 0; i < width; i++) gram += at(p, i) * at(q, i);
        total += gram * gram;
      }
    return total;
  }, 0);

  it('is the sum of squared Frobenius norms of eq. 4, or their mean over matrices', () => {
    const sum = take(orthogonalityPenalty(toTensorMap(tensors), { reduction: 'sum' })).data[0]!;
    const mean = take(orthogonalityPenalty(toTensorMap(tensors), { reduction: 'mean' })).data[0]!;
    expect(Math.abs(sum / byHand - 1)).toBeLessThan(1e-5);
    expect(Math.abs(mean / (byHand / 8) - 1)).toBeLessThan(1e-5);
  });

  it('is zero for orthonormal factors of any mix of ranks', () => {
    const eye = (rows: number, columns: number) =>
      float32(
        [rows, columns],
        Float32Array.from({ length: rows * columns }, (_, i) => Number(Math.floor(i / columns) === i % columns)),
      );
    const orthonormal = {
      'blocks.0.attn.q.lora_A': eye(2, 12),
      'blocks.0.attn.q.lora_B': eye(12, 2),
      'blocks.0.mlp.fc2.lora_A': eye(3, 24),
      'blocks.0.mlp.fc2.lora_B': eye(12, 3),
    };
    expect(take(orthogonalityPenalty(toTensorMap(orthonormal), { reduction: 'sum' })).data[0]).toBe(0);
  });

  it('starts near 1.9 per matrix for rank 4 of width 768 at deviation 0.02', () => {
    const wide = parseVitConfig({ ...config, embedDim: 768 });
    const fresh = toTensorMap(initAdapter(wide, parseAdapterSpec(), { seed: 0 }));
    const penalty = expectNoLeakedTensors(() => orthogonalityPenalty(fresh, { reduction: 'mean' }), 1);
    expect(take(penalty).data[0]).toBeCloseTo(1.9, 1);
  });

  it('refuses an adapter without factors', () => {
    expect(() => orthogonalityPenalty({}, { reduction: 'sum' })).toThrow(InvalidValueError);
  });
});

describe('updates', () => {
  it('come back as the adapter they were taken from', () => {
    for (const kind of ['svd-lora', 'lora'] as const) {
      const { spec, tensors } = randomTensors({ kind, rank: 3, alpha: 6, targetModules: [...targetModules] });
      const again = adapterFromUpdates(adapterUpdates(spec, tensors), { kind });
      expect(again.spec).toEqual(spec);
      expect(again.tensors).toEqual(tensors);
    }
  });

  it('give the same features as an adapter of either kind, whatever scales and ranks they mix', () => {
    const first = randomTensors({ rank: 2, alpha: 3, targetModules: ['q', 'fc1'] });
    const second = randomTensors({ kind: 'lora', rank: 3, alpha: 12, targetModules: ['v', 'fc2'] });
    const updates: AdapterUpdates = {
      ...adapterUpdates(first.spec, first.tensors),
      ...adapterUpdates(second.spec, second.tensors),
    };
    const expected = features(foldUpdates(config, params, updates));
    for (const kind of ['svd-lora', 'lora'] as const) {
      const adapter = adapterFromUpdates(updates, { kind });
      assertAdapter(config, adapter.spec, adapter.tensors);
      expect(adapter.spec).toMatchObject({ rank: 3, alpha: 3, targetModules: ['q', 'v', 'fc1', 'fc2'] });
      expect(distance(features(params, adapter), expected)).toBeLessThan(2e-5);
    }
  });

  it('may have a negative scale', () => {
    const { spec, tensors } = randomTensors({ targetModules: ['v'] });
    const negative = Object.fromEntries(
      Object.entries(adapterUpdates(spec, tensors)).map(([module, update]) => [module, { ...update, scaling: -2 }]),
    );
    const expected = features(foldUpdates(config, params, negative));
    expect(distance(features(params, adapterFromUpdates(negative)), expected)).toBeLessThan(2e-5);
  });

  it('are none for head-only, and refused for full', () => {
    expect(adapterUpdates(parseAdapterSpec({ kind: 'head-only' }), {})).toEqual({});
    expect(() => adapterUpdates(parseAdapterSpec({ kind: 'full' }), params)).toThrow(InvalidValueError);
    expect(adapterFromUpdates({}).tensors).toEqual({});
  });
});

describe('foldAdapter', () => {
  it('gives weights whose features are those of backbone and adapter, for all modules', () => {
    for (const kind of ['svd-lora', 'lora'] as const) {
      const adapter = randomTensors({ kind, alpha: 6, targetModules: [...targetModules] });
      const folded = foldAdapter(config, params, adapter);
      expect(distance(features(folded), features(params, adapter))).toBeLessThan(2e-5);
      expect(distance(features(folded), features(params))).toBeGreaterThan(0.1);
    }
  });

  it('leaves the given backbone as it was and shares what no update touches', () => {
    const before = digestTensors(params);
    const folded = foldAdapter(config, params, randomTensors({ targetModules: ['k'] }));
    expect(digestTensors(params)).toBe(before);
    expect(folded['blocks.0.mlp.fc1.weight']).toBe(params['blocks.0.mlp.fc1.weight']);
    const [was, is] = [params['blocks.0.attn.qkv.weight']!, folded['blocks.0.attn.qkv.weight']!];
    const changed = Array.from({ length: 36 }, (_, row) =>
      is.data.slice(row * 12, row * 12 + 12).some((x, i) => x !== was.data[row * 12 + i]),
    );
    expect(changed).toEqual([...Array(12).fill(false), ...Array(12).fill(true), ...Array(12).fill(false)]);
  });

  it('takes the tensors of a full adapter, and none of a head', () => {
    const trained = initParams(config, 9);
    expect(foldAdapter(config, params, { spec: parseAdapterSpec({ kind: 'full' }), tensors: trained })).toEqual(
      trained,
    );
    expect(foldAdapter(config, params, { spec: parseAdapterSpec({ kind: 'head-only' }), tensors: {} })).toEqual(params);
  });

  it('refuses updates of another size or beyond the depth', () => {
    const wide = parseVitConfig({ ...config, embedDim: 24 });
    const deep = parseVitConfig({ ...config, depth: 3 });
    const spec = parseAdapterSpec();
    const updatesFor = (other: typeof config) => adapterUpdates(spec, initAdapter(other, spec, { seed: 0 }));
    expect(() => foldUpdates(config, params, updatesFor(wide))).toThrow(ShapeMismatchError);
    expect(() => foldUpdates(config, params, updatesFor(deep))).toThrow(InvalidValueError);
    expect(allModules(deep, ['q'])).toHaveLength(3);
  });
});

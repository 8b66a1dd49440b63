import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  InvalidValueError,
  MissingTensorError,
  NonFiniteError,
  ShapeMismatchError,
  UnexpectedTensorError,
  UnsupportedModelError,
} from '@medlego/errors';
import { float32, hostTensor, type NamedTensors } from '@medlego/tensors';
import { parseVitConfig } from '../config/vit-config.ts';
import { forwardFeatures, headLogits } from '../forward/forward.ts';
import { initHead, initParams } from '../params/init-params.ts';
import { distance, golden, readTensors, take, toChannelsLast, toTensorMap } from '../../tests/support.ts';
import { exportHf, exportTimm } from './export-backbone.ts';
import { importBackbone } from './import-backbone.ts';

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

const config = parseVitConfig({ imgSize: 8, patchSize: 4, embedDim: 64, depth: 2, numHeads: 1, mlpRatio: 2 });
const params = initParams(config, 0);
const head = initHead(config, 3, 1);
const preprocess = { imgSize: 8, mean: [0.4, 0.5, 0.6], std: [0.2, 0.2, 0.3], resize: 'bilinear' } as const;
const without = (tensors: NamedTensors, ...names: string[]) =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !names.includes(name)));

describe('importBackbone', () => {
  for (const model of ['rgb', 'gray'])
    for (const family of ['timm', 'hf4', 'hf5'] as const)
      it(`reads model ${model} under the names of ${family} and gives its logits`, async (context) => {
        const io = await readTensors(golden(context, 'models', model, 'io.safetensors'));
        const folder = golden(context, 'models', model);
        const [tensorFile, jsonFile] =
          family === 'timm'
            ? ['timm.safetensors', 'timm.json']
            : [`${family}/model.safetensors`, `${family}/config.json`];
        const read = importBackbone({
          tensors: await readTensors(join(folder, tensorFile)),
          config: await readJson(join(folder, jsonFile)),
          source: model,
        });
        expect(read.family).toBe(family);
        expect(read.warnings).toEqual([]);
        const features = forwardFeatures(read.config, toTensorMap(read.params), toChannelsLast(io['images']!));
        const logits = take(headLogits(features, toTensorMap(read.head!)));
        const expected = io[family === 'timm' ? 'timm_logits' : 'hf_logits']!;
        // The two differ by about 1e-5, through epsilon: near enough to it means that the right epsilon was taken.
        expect(distance(logits, expected)).toBeLessThan(5e-6);
      });

  it('infers every size but the number of heads from the tensors alone', () => {
    const read = importBackbone({ tensors: { ...params, ...head }, source: 'file' });
    expect(read.config).toEqual(config);
    expect(read.warnings.join()).toContain('number of heads');
    const odd = parseVitConfig({ ...config, embedDim: 60, numHeads: 6 });
    expect(() => importBackbone({ tensors: initParams(odd, 0), source: 'file' })).toThrow(InvalidValueError);
  });

  it('reads the hub configuration of timm: architecture, arguments and preprocessing', () => {
    const read = importBackbone({
      tensors: params,
      config: {
        architecture: 'vit_tiny_patch16_224.augreg_in21k',
        model_args: { img_size: 8, patch_size: 4, embed_dim: 64, depth: 2, num_heads: 4, mlp_ratio: 2 },
        pretrained_cfg: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], interpolation: 'bicubic', crop_pct: 0.9 },
      },
      source: 'file',
    });
    expect(read.config.numHeads).toBe(4);
    expect(read.preprocess).toEqual({ imgSize: 8, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], resize: 'bicubic' });
    expect(read.warnings.join()).toContain('not cropped here');
  });

  it('goes on without preprocessing that is not for three channels, and says so', () => {
    const pretrained = { mean: [0.5], std: [0.5], interpolation: 'bicubic' };
    const read = importBackbone({
      tensors: params,
      config: { num_heads: 4, pretrained_cfg: pretrained },
      source: 'file',
    });
    expect(read.preprocess).toBeUndefined();
    expect(read.warnings.join()).toContain('preprocessing left out');
  });

  it('leaves out pooler, mask token and pre_logits, and says so', () => {
    const zero = float32([1], [0]);
    const hf = exportHf({ config, params }).tensors['model.safetensors']!;
    const read = importBackbone({
      tensors: { ...hf, 'pooler.dense.weight': zero, 'pooler.dense.bias': zero, 'embeddings.mask_token': zero },
      source: 'file',
    });
    expect(read.params).toEqual(params);
    expect(read.warnings.filter((text) => text.includes('left out'))).toHaveLength(2);
    const in21k = importBackbone({ tensors: { ...params, ...head, 'pre_logits.fc.weight': zero }, source: 'file' });
    expect(in21k.head).toBeUndefined();
  });

  it('rounds float64 and refuses whole numbers', () => {
    const norm = params['norm.weight']!;
    const double = {
      ...params,
      'norm.weight': hostTensor('float64', norm.shape, Float64Array.from(norm.data as Float32Array)),
    };
    expect(importBackbone({ tensors: double, source: 'file' }).params['norm.weight']).toEqual(norm);
    const whole = { ...params, 'norm.weight': hostTensor('int32', norm.shape, new Int32Array(64)) };
    expect(() => importBackbone({ tensors: whole, source: 'file' })).toThrow(InvalidValueError);
  });

  const fill = (shape: number[], value: number) =>
    float32(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value));
  it.each([
    ['a missing tensor', without(params, 'blocks.1.norm2.bias'), MissingTensorError, 'blocks.1.norm2.bias'],
    ['an unknown tensor', { ...params, 'blocks.0.extra': fill([1], 0) }, UnexpectedTensorError, 'blocks.0.extra'],
    ['another width', { ...params, 'norm.weight': fill([63], 1) }, ShapeMismatchError, 'norm.weight'],
    ['NaN', { ...params, 'norm.bias': fill([64], NaN) }, NonFiniteError, 'norm.bias'],
    ['layer scale', { ...params, 'blocks.0.ls1.gamma': fill([64], 1) }, UnsupportedModelError, 'layer scale'],
    ['register tokens', { ...params, reg_token: fill([1, 4, 64], 1) }, UnsupportedModelError, 'register tokens'],
    ['average pooling', { ...params, 'fc_norm.weight': fill([64], 1) }, UnsupportedModelError, 'average pooling'],
    [
      'a head of another width',
      { ...params, ...head, 'head.weight': fill([3, 60], 0) },
      ShapeMismatchError,
      'head.weight',
    ],
    ['no transformer', { 'conv1.weight': fill([1], 0) }, UnsupportedModelError, 'conv1.weight'],
  ])('refuses %s by name', (_, tensors, type, text) => {
    const run = () => importBackbone({ tensors: tensors as NamedTensors, source: 'file' });
    expect(run).toThrow(type);
    expect(run).toThrow(text);
  });

  it('refuses configurations of other models', () => {
    const hf = exportHf({ config, params, head });
    for (const change of [{ model_type: 'vit_mae' }, { hidden_act: 'quick_gelu' }, { image_size: [8, 12] }])
      expect(() =>
        importBackbone({
          tensors: hf.tensors['model.safetensors']!,
          config: { ...hf.json['config.json'], ...change },
          source: 'file',
        }),
      ).toThrow(UnsupportedModelError);
    for (const timm of [
      { architecture: 'deit_tiny_patch16_224' },
      { global_pool: 'avg' },
      { architecture: 'vit_tiny_patch16_224', model_args: { init_values: 1 } },
    ])
      expect(() => importBackbone({ tensors: params, config: timm, source: 'file' })).toThrow(UnsupportedModelError);
  });
});

describe('exportTimm and exportHf', () => {
  const model = { config, params, head, labels: ['a', 'b', 'c'], preprocess };

  it('are read back to the same tensors, configuration and preprocessing', () => {
    const timm = exportTimm(model);
    const hf = exportHf(model);
    for (const [bundle, preprocessor] of [
      [timm, undefined],
      [hf, hf.json['preprocessor_config.json']],
    ] as const) {
      const read = importBackbone({
        tensors: bundle.tensors['model.safetensors']!,
        config: bundle.json['config.json'],
        preprocessor,
        source: 'file',
      });
      expect(read.params).toEqual(params);
      expect(read.head).toEqual(head);
      expect(read.labels).toEqual(bundle === hf ? ['a', 'b', 'c'] : undefined);
      expect(read.config).toEqual(config);
      expect(read.preprocess).toEqual(preprocess);
      expect(read.warnings).toEqual([]);
    }
  });

  it('name a Hugging Face model without a head as a bare ViTModel', () => {
    const { tensors, json } = exportHf({ config, params });
    expect(json['config.json']!['architectures']).toEqual(['ViTModel']);
    expect(Object.keys(tensors['model.safetensors']!)).toContain('encoder.layer.0.attention.attention.query.weight');
  });

  it('warn where timm cannot hold the epsilon', () => {
    expect(exportTimm({ ...model, config: { ...config, layerNormEps: 1e-12 } }).warnings).toHaveLength(1);
    expect(exportTimm(model).warnings).toEqual([]);
  });
});

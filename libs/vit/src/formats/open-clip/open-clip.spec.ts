import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { temporaryFolder } from '@medlego/testing';
import { InvalidValueError, UnexpectedTensorError, UnsupportedModelError } from '@medlego/errors';
import { digestTensors, float32, writeSafetensors, type NamedTensors } from '@medlego/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '@medlego/engine';
import { distance, readTensors, take, toChannelsLast, toTensorMap } from '../../../tests/support.ts';
import { type VitConfig } from '../../config/vit-config.ts';
import { parseVitConfig } from '../../config/vit-config.ts';
import { forwardFeatures, headLogits } from '../../forward/forward.ts';
import { readBackbone } from '../../io/read-import.ts';
import { writeBundle } from '../../io/write-bundle.ts';
import { initHead, initParams } from '../../params/init-params.ts';
import { exportHf, exportTimm } from '../export-backbone.ts';
import { importBackbone, type ImportedBackbone } from '../import-backbone.ts';
import { exportOpenClip } from './export-open-clip.ts';
import { type StatedTower } from './import-open-clip.ts';
import { towerTensors } from './names.ts';

const folder = join(import.meta.dirname, '../../../tests/open-clip');
const modelFile = (name: string) => join(folder, name, 'open_clip_model.safetensors');
const configOf = async (name: string): Promise<{ model_cfg: Record<string, unknown> }> =>
  JSON.parse(await readFile(join(folder, name, 'open_clip_config.json'), 'utf8')) as {
    model_cfg: Record<string, unknown>;
  };
const featuresOf = ({ config, params }: Pick<ImportedBackbone, 'config' | 'params'>, images: NamedTensors[string]) =>
  take(forwardFeatures(config, toTensorMap(params), toChannelsLast(images)));

// Opening any engine registers tfjs' gradients and its backend.
beforeAll(async () => (await openEngine({ engine: 'cpu' })).dispose());

describe('visual towers of open_clip', () => {
  it.each([
    ['with QuickGELU as its configuration says, projected', { projection: true }, 'features'],
    ['with GELU where that is stated, projected', { projection: true, quickGelu: false }, 'features_gelu'],
    ['before the projection', { quickGelu: false }, 'features_gelu_before_proj'],
  ] as const)('give the features that open_clip gives, ViT %s', async (_, stated: StatedTower, expected) => {
    const io = await readTensors(join(folder, 'vit', 'io.safetensors'));
    const read = await readBackbone(join(folder, 'vit'), stated);
    expect(read.family).toBe('open_clip');
    expect(distance(featuresOf(read, io['images']!), io[expected]!)).toBeLessThan(1e-4);
  });

  it('give the features that open_clip gives, ModifiedResNet with attention pooling', async () => {
    const io = await readTensors(join(folder, 'resnet', 'io.safetensors'));
    const read = await readBackbone(join(folder, 'resnet'));
    expect(read.config).toEqual({
      architecture: 'modified_resnet',
      imgSize: 64,
      inChans: 3,
      layers: [1, 2, 1, 1],
      width: 2,
      numHeads: 4,
      embedDim: 12,
      batchNormEps: 1e-5,
    });
    expect(read.preprocess).toMatchObject({ mean: [0.48145466, 0.4578275, 0.40821073], resize: 'bicubic' });
    expect(distance(featuresOf(read, io['images']!), io['features']!)).toBeLessThan(1e-4);
  });

  it('are the same backbone as the tower alone, from whichever file and with whichever prefix', async () => {
    for (const name of ['vit', 'resnet']) {
      const whole = await readBackbone(join(folder, name));
      const tower = towerTensors(await readTensors(modelFile(name)));
      const saved = Object.fromEntries(Object.entries(tower).map(([key, tensor]) => [`module.${key}`, tensor]));
      const config = (await configOf(name)).model_cfg;
      for (const tensors of [tower, saved]) {
        const alone = importBackbone({ tensors, config, source: 'tower' });
        expect(digestTensors(alone.params)).toBe(digestTensors(whole.params));
        expect(alone.config).toEqual(whole.config);
      }
    }
  });

  it('say what was assumed where no configuration lies beside them, and take what is stated instead', async () => {
    const tensors = towerTensors(await readTensors(modelFile('resnet')));
    const assumed = importBackbone({ tensors, source: 'tower' });
    expect(assumed.config).toMatchObject({ numHeads: 1 });
    expect(assumed.warnings.join()).toContain('number of heads');
    const stated = importBackbone({ tensors, source: 'tower', stated: { numHeads: 4 } });
    expect(stated).toMatchObject({ config: { numHeads: 4 }, warnings: [] });
    const vit = importBackbone({
      tensors: towerTensors(await readTensors(modelFile('vit'))),
      source: 'tower',
      stated: { numHeads: 3 },
    });
    expect(vit.warnings.join()).toContain('QuickGELU');
    expect(vit.warnings.join()).toContain('left out the projection');
    expect(vit.config).toMatchObject({ preNorm: true, layerNormEps: 1e-5, patchSize: 8, imgSize: 16, depth: 2 });
  });

  it('of timm in open_clip, as BiomedCLIP has one, are that model and a projection', () => {
    const config = parseVitConfig({ imgSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 3, mlpRatio: 2 });
    const params = initParams(config, 0);
    const proj = float32([5, 12], new Float32Array(60).fill(0.25));
    const tensors = {
      ...Object.fromEntries(Object.entries(params).map(([name, tensor]) => [`visual.trunk.${name}`, tensor])),
      'visual.head.proj.weight': proj,
      'text.proj.weight': proj,
      logit_scale: float32([], [1]),
    };
    const vision = { timm_model_name: 'a model that presets do not know', timm_pool: '', image_size: 8 };
    const files = { tensors, config: { embed_dim: 5, vision_cfg: vision }, source: 'biomed', stated: { numHeads: 3 } };
    const read = importBackbone(files);
    expect(read.config).toEqual(config);
    expect(digestTensors(read.params)).toBe(digestTensors(params));
    const projected = importBackbone({ ...files, stated: { numHeads: 3, projection: true } });
    expect(projected.config).toEqual({ ...config, projDim: 5 });
    expect(projected.params['proj.weight']).toEqual(proj);
  });

  it.each([
    ['layer scale', { vision_cfg: { ls_init_value: 1e-5 } }],
    ['average pooling', { vision_cfg: { pool_type: 'avg' } }],
    ['a timm model with average pooling', { vision_cfg: { timm_model_name: 'vit_base_patch16_224' } }],
    ['images that are no square', { vision_cfg: { image_size: [16, 24] } }],
  ])('are refused with %s', async (_, config) => {
    const tensors = await readTensors(modelFile('vit'));
    const given = { tensors, config: { embed_dim: 12, ...config }, source: 'file' };
    expect(() => importBackbone(given)).toThrow(UnsupportedModelError);
  });

  it('are refused with tensors or sizes that are not theirs', async () => {
    const tensors = await readTensors(modelFile('vit'));
    const config = await configOf('vit');
    const extra = { ...tensors, 'visual.extra': float32([1], [0]) };
    expect(() => importBackbone({ tensors: extra, config, source: 'file' })).toThrow(UnexpectedTensorError);
    const scaled = { ...tensors, 'visual.transformer.resblocks.0.ls_1.gamma': float32([24], new Float32Array(24)) };
    expect(() => importBackbone({ tensors: scaled, config, source: 'file' })).toThrow(UnsupportedModelError);
    const large = { embed_dim: 12, vision_cfg: { image_size: 32, head_width: 8 } };
    expect(() => importBackbone({ tensors, config: large, source: 'file' })).toThrow(InvalidValueError);
    const resnet = await readTensors(modelFile('resnet'));
    const broken = { ...resnet, 'visual.bn1.running_var': float32([1], [-1]) };
    expect(() => importBackbone({ tensors: broken, config: undefined, source: 'file' })).toThrow(
      /running_var.*variance/,
    );
  });
});

describe('exportOpenClip', () => {
  it('writes the tensors that were read, by the same names, and a configuration that reads back', async () => {
    for (const name of ['vit', 'resnet']) {
      const original = await readTensors(modelFile(name));
      const read = await readBackbone(join(folder, name), { projection: true });
      const bundle = exportOpenClip(read);
      const path = join(temporaryFolder(), name);
      await writeBundle(bundle, path);
      const written = await readTensors(join(path, 'open_clip_model.safetensors'));
      for (const [key, tensor] of Object.entries(written)) expect(tensor, key).toEqual(original[key]);
      const missing = Object.keys(original).filter((key) => key.startsWith('visual.') && !(key in written));
      expect(missing.filter((key) => !key.endsWith('num_batches_tracked'))).toEqual([]);
      const again = await readBackbone(path, { projection: true });
      expect(again.config).toEqual(read.config);
      expect(digestTensors(again.params)).toBe(digestTensors(read.params));
      expect(bundle.warnings).toEqual([]);
    }
    const plain = exportOpenClip(await readBackbone(join(folder, 'vit')));
    expect(plain.warnings.join()).toContain('no projection');
  });

  it('refuses a vision transformer that is no tower of CLIP', () => {
    const config = parseVitConfig({ imgSize: 8, patchSize: 4, embedDim: 12, depth: 1, numHeads: 3 });
    expect(() => exportOpenClip({ config, params: initParams(config, 0) })).toThrow(UnsupportedModelError);
  });
});

describe('towers in the formats of others', () => {
  it('go to timm and back, a projection folded into the head without changing a logit', async () => {
    const io = await readTensors(join(folder, 'vit', 'io.safetensors'));
    const read = await readBackbone(join(folder, 'vit'), { projection: true });
    const head = initHead(read.config, 3, 1);
    const logits = (model: typeof read, ownHead: NamedTensors) =>
      take(
        tf.tidy(() =>
          headLogits(
            forwardFeatures(model.config, toTensorMap(model.params), toChannelsLast(io['images']!)),
            toTensorMap(ownHead),
          ),
        ),
      );
    const { tensors, json, warnings } = exportTimm({ ...read, head });
    const back = importBackbone({
      tensors: tensors['model.safetensors']!,
      config: json['config.json'],
      source: 'timm',
    });
    expect(warnings).toEqual([]);
    const { projDim: _, ...plain } = read.config as VitConfig;
    expect(back.config).toEqual(plain);
    expect(distance(logits(back, back.head!), logits(read, head))).toBeLessThan(1e-5);
    expect(() => exportTimm(read)).toThrow(UnsupportedModelError);
  });

  it('are refused by formats that have no place for them', async () => {
    const resnet = await readBackbone(join(folder, 'resnet'));
    const vit = await readBackbone(join(folder, 'vit'));
    for (const model of [resnet, vit]) expect(() => exportHf(model)).toThrow(UnsupportedModelError);
    expect(() => exportTimm(resnet)).toThrow(UnsupportedModelError);
  });
});

describe('readBackbone', () => {
  it("takes open_clip's file where a folder has one of transformers beside it", async () => {
    const path = temporaryFolder();
    const tensors = await readTensors(modelFile('vit'));
    await writeSafetensors(join(path, 'open_clip_model.safetensors'), tensors);
    await writeSafetensors(join(path, 'model.safetensors'), { 'vision_model.x': float32([1], [0]) });
    expect((await readBackbone(path, { numHeads: 3 })).family).toBe('open_clip');
  });
});

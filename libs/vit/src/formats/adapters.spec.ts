import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  InvalidValueError,
  MissingTensorError,
  NonFiniteError,
  ShapeMismatchError,
  UnexpectedTensorError,
  UnsupportedAdapterError,
} from '@medlego/errors';
import { float32, sizeOf, type NamedTensors } from '@medlego/tensors';
import { parseAdapterSpec } from '../adapters/adapter-spec.ts';
import { initAdapter } from '../adapters/init-adapter.ts';
import { foldUpdates } from '../adapters/fold.ts';
import { targetModules } from '../adapters/modules.ts';
import { adapterFromUpdates, adapterUpdates, type HostAdapter } from '../adapters/updates.ts';
import { parseVitConfig } from '../config/vit-config.ts';
import { forwardFeatures, headLogits } from '../forward/forward.ts';
import { initHead, initParams } from '../params/init-params.ts';
import { RandomStream } from '../random/random-stream.ts';
import { distance, golden, readTensors, take, toChannelsLast, toTensor, toTensorMap } from '../../tests/support.ts';
import { exportPeft } from './export-peft.ts';
import { importPeft, type ImportedAdapter } from './import-peft.ts';
import { exportMelo, importMelo } from './melo.ts';
import { matchPattern } from './peft-config.ts';

const readJson = async (path: string): Promise<Record<string, unknown>> => JSON.parse(await readFile(path, 'utf8'));
const rgb = parseVitConfig({ imgSize: 28, patchSize: 4, embedDim: 64, depth: 2, numHeads: 2, layerNormEps: 1e-12 });

const names = [
  'plain',
  'alpha16',
  'rslora',
  'patterns',
  'head',
  'rank2',
  'rank8',
  'qonly',
  'adalora',
  'adalora-default-alpha',
  'adalora-pruned',
];

/** Dense update of a module, from weights of zero. */
function deltaOf({ spec, tensors }: HostAdapter, block: number, part: 'q' | 'v') {
  const zero = Object.fromEntries(
    Object.entries(initParams(rgb, 0)).map(([name, { shape }]) => [
      name,
      float32(shape, new Float32Array(sizeOf(shape))),
    ]),
  );
  const folded = foldUpdates(rgb, zero, adapterUpdates(spec, tensors))[`blocks.${block}.attn.qkv.weight`]!;
  const first = part === 'q' ? 0 : 2 * 64 * 64;
  return float32([64, 64], folded.data.slice(first, first + 64 * 64) as Float32Array);
}

describe('importPeft on golden adapters', () => {
  for (const family of ['hf4', 'hf5'])
    for (const name of names)
      it(`reads ${family}/${name} and gives PEFT's updates and logits`, async (context) => {
        const folder = golden(context, 'adapters', family, name);
        const expected = await readTensors(golden(context, 'adapters', 'expected', `${name}.safetensors`));
        const base = await readTensors(golden(context, 'models', 'rgb', 'timm.safetensors'));
        const io = await readTensors(golden(context, 'models', 'rgb', 'io.safetensors'));
        const read = importPeft(rgb, {
          tensors: await readTensors(join(folder, 'adapter_model.safetensors')),
          adapterConfig: await readJson(join(folder, 'adapter_config.json')),
          source: name,
        });
        for (const [key, delta] of Object.entries(expected)) {
          const match = /^delta\.blocks\.(\d)\.(q|v)$/.exec(key);
          if (match)
            expect(distance(deltaOf(read, Number(match[1]), match[2] as 'q' | 'v'), delta), key).toBeLessThan(1e-5);
        }
        expect(read.baseModel).toBe('models/rgb/hf4');
        expect(read.head !== undefined).toBe(name === 'head');
        const features = forwardFeatures(rgb, toTensorMap(base), toChannelsLast(io['images']!), {
          spec: read.spec,
          tensors: toTensorMap(read.tensors),
        });
        const logits = take(headLogits(features, toTensorMap(read.head ?? base)));
        expect(distance(logits, expected['logits']!)).toBeLessThan(1e-4);
      });

  it('refuses DoRA by its configuration, and by its tensors alone', async (context) => {
    const folder = golden(context, 'adapters', 'hf5', 'dora');
    const tensors = await readTensors(join(folder, 'adapter_model.safetensors'));
    const adapterConfig = await readJson(join(folder, 'adapter_config.json'));
    for (const given of [adapterConfig, { ...adapterConfig, use_dora: false }]) {
      const run = () => importPeft(rgb, { tensors, adapterConfig: given, source: 'dora' });
      expect(run).toThrow(UnsupportedAdapterError);
      expect(run).toThrow('DoRA');
    }
  });
});

const config = parseVitConfig({ imgSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 3, mlpRatio: 2 });
const params = initParams(config, 0);
const images = () => toTensor(float32([2, 8, 8, 3], new RandomStream(3, 'images').normals(2 * 8 * 8 * 3, 1)));
const head = initHead(config, 3, 1);

function randomAdapter(input: Parameters<typeof parseAdapterSpec>[0]): HostAdapter {
  const spec = parseAdapterSpec(input);
  const tensors = Object.fromEntries(
    Object.entries(initAdapter(config, spec, { seed: 1 })).map(([name, { shape }]) => [
      name,
      float32(shape, new RandomStream(8, name).normals(sizeOf(shape), 0.4)),
    ]),
  );
  return { spec, tensors };
}

/** As a merge leaves it: ranks 3, 1, 2 and one module without update. */
function mergedAdapter(): HostAdapter {
  const part = (rank: number, module: string) => {
    const { spec, tensors } = randomAdapter({ rank, alpha: 2.5 * rank });
    return { [module]: adapterUpdates(spec, tensors)[module]! };
  };
  return adapterFromUpdates({
    ...part(3, 'blocks.0.attn.q'),
    ...part(1, 'blocks.0.attn.v'),
    ...part(2, 'blocks.1.attn.v'),
  });
}

const features = ({ spec, tensors }: HostAdapter) =>
  take(forwardFeatures(config, toTensorMap(params), images(), { spec, tensors: toTensorMap(tensors) }));

describe('exportPeft', () => {
  const adapters: [string, HostAdapter][] = [
    ['SVD-LoRA at a scale of 1.5', randomAdapter({ alpha: 6 })],
    ['SVD-LoRA at a scale that is no whole alpha', randomAdapter({ alpha: 0.3 })],
    ['LoRA of all modules', randomAdapter({ kind: 'lora', rank: 2, alpha: 5, targetModules: [...targetModules] })],
    ['a merged adapter of mixed ranks', mergedAdapter()],
  ];
  for (const [name, adapter] of adapters)
    for (const type of ['lora', 'adalora'] as const)
      for (const family of ['timm', 'hf4', 'hf5'] as const)
        it(`writes ${name} as ${type} of ${family} and reads the same features back`, () => {
          const { tensors, json } = exportPeft({ config, adapter, head }, { type, family, baseModel: 'base' });
          const read: ImportedAdapter = importPeft(config, {
            tensors: tensors['adapter_model.safetensors']!,
            adapterConfig: JSON.parse(JSON.stringify(json['adapter_config.json'])),
            source: 'folder',
          });
          expect(distance(features(read), features(adapter))).toBeLessThan(1e-5);
          expect(read.head).toEqual(head);
          expect(read.baseModel).toBe('base');
          expect(read.spec.rank).toBe(adapter.spec.rank);
          expect(Object.keys(adapterUpdates(read.spec, read.tensors)).sort()).toEqual(
            Object.keys(adapterUpdates(adapter.spec, adapter.tensors)).sort(),
          );
        });

  it('names targets shortly where all blocks have them, and fully after a merge', () => {
    const targets = (adapter: HostAdapter, family: 'timm' | 'hf4' | 'hf5') =>
      exportPeft({ config, adapter }, { type: 'lora', family }).json['adapter_config.json']!['target_modules'];
    expect(targets(randomAdapter({}), 'hf5')).toEqual(['q_proj', 'v_proj']);
    expect(targets(randomAdapter({}), 'timm')).toEqual(['qkv']);
    expect(targets(randomAdapter({ targetModules: ['proj'] }), 'timm')).toEqual(['attn.proj']);
    expect(targets(randomAdapter({ targetModules: ['fc2'] }), 'hf4')).toEqual([
      'vit.encoder.layer.0.output.dense',
      'vit.encoder.layer.1.output.dense',
    ]);
    expect(targets(mergedAdapter(), 'hf5')).toEqual([
      'vit.layers.0.attention.q_proj',
      'vit.layers.0.attention.v_proj',
      'vit.layers.1.attention.v_proj',
    ]);
  });

  it('refuses kinds that PEFT cannot hold', () => {
    for (const kind of ['full', 'head-only'] as const) {
      const adapter = { spec: parseAdapterSpec({ kind }), tensors: kind === 'full' ? params : {} };
      expect(() => exportPeft({ config, adapter }, { type: 'lora' })).toThrow(UnsupportedAdapterError);
    }
  });
});

describe('importPeft', () => {
  const { tensors: files, json } = exportPeft(
    { config, adapter: randomAdapter({ kind: 'lora' }), head },
    { type: 'lora' },
  );
  const tensors = files['adapter_model.safetensors']!;
  const adapterConfig = json['adapter_config.json']!;
  const q = 'base_model.model.vit.layers.0.attention.q_proj';
  const run = (change: { tensors?: NamedTensors; config?: Record<string, unknown> } = {}, backbone = config) =>
    importPeft(backbone, {
      tensors: change.tensors ?? tensors,
      adapterConfig: { ...adapterConfig, ...change.config },
      source: 'folder',
    });
  const zeros = (...shape: number[]) => float32(shape, new Float32Array(sizeOf(shape)));
  const without = (name: string) => Object.fromEntries(Object.entries(tensors).filter(([key]) => key !== name));

  it('accepts names without prefix, with the name of the adapter, and with modules_to_save', () => {
    const renamed = (edit: (name: string) => string) =>
      Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [edit(name), tensor]));
    const expected = features(run());
    for (const edit of [
      (name: string) => name.replace('base_model.model.', ''),
      (name: string) => name.replace(/(lora_[AB])\.weight/, '$1.default.weight'),
      (name: string) => name.replace('classifier.', 'classifier.modules_to_save.default.'),
      (name: string) => name.replace('vit.layers', 'layers'),
    ])
      expect(distance(features(run({ tensors: renamed(edit) })), expected)).toBe(0);
  });

  it('drops what AdaLoRA pruned away entirely, and says so', () => {
    const svd = exportPeft({ config, adapter: randomAdapter({ rank: 2 }) }, { type: 'adalora' });
    const pruned = {
      ...svd.tensors['adapter_model.safetensors'],
      [`${q}.lora_A`]: zeros(0, 12),
      [`${q}.lora_B`]: zeros(12, 0),
      [`${q}.lora_E`]: zeros(0, 1),
    };
    const pattern = { rank_pattern: { 'vit.layers.0.attention.q_proj.lora_E': [false, false] } };
    const read = importPeft(config, {
      tensors: pruned,
      adapterConfig: { ...svd.json['adapter_config.json'], ...pattern },
      source: 'folder',
    });
    expect(Object.keys(adapterUpdates(read.spec, read.tensors))).not.toContain('blocks.0.attn.q');
    expect(read.warnings.join()).toContain('pruned to rank 0');
  });

  it('says that a fused adapter also changes keys', () => {
    const adapter = randomAdapter({ targetModules: ['q', 'k', 'v'] });
    const fused = exportPeft({ config, adapter }, { type: 'lora', family: 'timm' });
    const read = importPeft(config, {
      tensors: fused.tensors['adapter_model.safetensors']!,
      adapterConfig: fused.json['adapter_config.json'],
      source: 'folder',
    });
    expect(read.spec.targetModules).toEqual(['q', 'k', 'v']);
    expect(read.warnings.join()).toContain('keys as well');
  });

  it.each([
    [{ peft_type: 'LOHA' }, 'LOHA'],
    [{ use_dora: true }, 'DoRA'],
    [{ kasa_config: { beta: 1 } }, 'KaSA'],
    [{ use_qalora: true }, 'QALoRA'],
    [{ some_future_switch: true }, 'some_future_switch'],
    [{ bias: 'lora_only' }, 'trained biases'],
    [{ init_lora_weights: 'pissa' }, 'pissa'],
    [{ modules_to_save: ['classifier', 'layernorm'] }, 'layernorm'],
  ])('refuses the variant %j by name', (change, text) => {
    const attempt = () => run({ config: change });
    expect(attempt).toThrow(UnsupportedAdapterError);
    expect(attempt).toThrow(text);
  });

  it.each([
    ['a factor that is missing', { tensors: without(`${q}.lora_B.weight`) }, MissingTensorError],
    ['a target that is missing', { config: { target_modules: ['q_proj', 'v_proj', 'o_proj'] } }, MissingTensorError],
    ['a head that is missing', { tensors: without('base_model.model.classifier.weight') }, MissingTensorError],
    ['a tensor of no layer', { tensors: { ...tensors, stray: zeros(1) } }, UnexpectedTensorError],
    [
      'another saved module',
      { tensors: { ...tensors, 'base_model.model.vit.pooler.weight': zeros(1) } },
      UnexpectedTensorError,
    ],
    [
      'a factor of an unknown variant',
      { tensors: { ...tensors, [`${q}.lora_diag`]: zeros(4) } },
      UnsupportedAdapterError,
    ],
    ['rank 0', { config: { r: 0 } }, InvalidValueError],
    ['a rank that its configuration denies', { config: { r: 8 } }, ShapeMismatchError],
    [
      'NaN',
      { tensors: { ...tensors, [`${q}.lora_A.weight`]: float32([4, 12], new Float32Array(48).fill(NaN)) } },
      NonFiniteError,
    ],
    ['a configuration of another type', { config: { lora_alpha: 'four' } }, InvalidValueError],
    ['no adapter at all', { tensors: {} }, MissingTensorError],
  ])('refuses %s', (_, change, type) => {
    expect(() => run(change)).toThrow(type);
  });

  it('refuses an adapter of a wider or deeper backbone', () => {
    expect(() => run({}, parseVitConfig({ ...config, embedDim: 24 }))).toThrow(ShapeMismatchError);
    expect(() => run({}, parseVitConfig({ ...config, depth: 1 }))).toThrow('depth 1');
    expect(() => run({}, parseVitConfig({ ...config, depth: 3 }))).toThrow(MissingTensorError);
  });
});

describe('matchPattern', () => {
  const path = 'vit.layers.1.attention.q_proj';
  it('takes suffixes at a dot, whole names and regular expressions, the first that matches', () => {
    const match = (...keys: string[]) =>
      matchPattern('alpha_pattern', Object.fromEntries(keys.map((key, i) => [key, i])), path);
    expect(match('q_proj')).toBe(0);
    expect(match(path)).toBe(0);
    expect(match('layers.0.attention.q_proj', 'layers\\.[1-9]\\.attention\\.(q|v)_proj')).toBe(1);
    expect(match('proj')).toBeUndefined();
    expect(match('attention')).toBeUndefined();
    expect(match('.*')).toBe(0);
  });

  it.each(['(a+)+', '(', 'a*b*c*d*', 'x'.repeat(201)])('refuses the expression %s', (key) => {
    expect(() => matchPattern('alpha_pattern', { [key]: 1 }, path)).toThrow(InvalidValueError);
  });
});

describe('MeLo files', () => {
  const adapter = randomAdapter({ rank: 2, alpha: 4 });
  const written = exportMelo({ config, adapter, head });
  const [fileName, tensors] = Object.entries(written.tensors)[0]!;

  it('are read back to the same features and head', () => {
    const read = importMelo(config, { tensors, fileName });
    expect(distance(features(read), features(adapter))).toBeLessThan(1e-5);
    expect(read.head).toEqual(head);
    expect(read.warnings.join()).toContain('no bias');
  });

  it('hold merged adapters too: smaller ranks are filled up, missing modules are zero', () => {
    const merged = mergedAdapter();
    const [name, filled] = Object.entries(exportMelo({ config, adapter: merged }).tensors)[0]!;
    expect(distance(features(importMelo(config, { tensors: filled, fileName: name })), features(merged))).toBeLessThan(
      1e-5,
    );
  });

  it('take the scale of their name, in whole numbers as MeLo computes it', () => {
    const scaled = (given: { fileName: string; alpha?: number }) => {
      const { spec } = importMelo(config, { tensors, ...given });
      return spec.alpha / spec.rank;
    };
    expect(scaled({ fileName: 'Chest_base_lora_2_5.safetensors' })).toBe(2);
    expect(scaled({ fileName: 'chest.safetensors', alpha: 6 })).toBe(3);
    expect(scaled({ fileName: 'chest.safetensors' })).toBe(1);
    expect(importMelo(config, { tensors, fileName: 'chest.safetensors' }).warnings.join()).toContain('alpha');
    expect(() => scaled({ fileName: 'chest.safetensors', alpha: 1 })).toThrow(InvalidValueError);
    expect(() => scaled({ fileName: 'Chest_base_lora_4_4.safetensors' })).toThrow(ShapeMismatchError);
  });

  it('warn where a head loses its bias', () => {
    const biased = { ...head, 'head.bias': float32([3], [1, 0, 0]) };
    expect(exportMelo({ config, adapter, head: biased }).warnings).toHaveLength(1);
    expect(written.warnings).toEqual([]);
  });

  it('cannot hold other modules than q and v', () => {
    expect(() => exportMelo({ config, adapter: randomAdapter({ targetModules: ['q', 'k'] }) })).toThrow(
      UnsupportedAdapterError,
    );
  });

  const zeros = (...shape: number[]) => float32(shape, new Float32Array(sizeOf(shape)));
  it.each([
    [
      'a missing tensor',
      Object.fromEntries(Object.entries(tensors).filter(([name]) => name !== 'w_b_003')),
      MissingTensorError,
    ],
    ['a tensor too many', { ...tensors, w_a_004: zeros(2, 12) }, UnexpectedTensorError],
    ['another width', { ...tensors, w_a_001: zeros(2, 24) }, ShapeMismatchError],
    ['rank 0', { ...tensors, w_a_000: zeros(0, 12) }, InvalidValueError],
    ['two heads', { ...tensors, fc_12in_9out: zeros(9, 12) }, InvalidValueError],
  ])('are refused with %s', (_, given, type) => {
    expect(() => importMelo(config, { tensors: given, fileName: 'file' })).toThrow(type);
  });
});

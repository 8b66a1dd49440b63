import { readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  encodeSafetensors,
  float32,
  hostTensor,
  openSafetensors,
  readSafetensors,
  type NamedTensors,
} from '@medlego/tensors';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { expectFullMerge, fullSettings } from '../../tests/model-golden.ts';
import { gaussian, needGolden } from '../../tests/support.ts';
import { memoryReader, mergeModels, writeMergedModel, type MergeRecipe, type ModelMember } from '../index.ts';

/** A small model: a convolution, a matrix, a vector, a number, and a counter that is not merged. */
function randomModel(seed: number, size = 1): NamedTensors {
  const normal = gaussian(seed);
  const random = (...shape: number[]) =>
    float32(
      shape,
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => size * normal()),
    );
  return {
    'patch_embed.proj.weight': random(4, 3, 2, 2),
    'blocks.10.attn.qkv.weight': random(6, 5),
    'blocks.2.attn.qkv.weight': random(6, 5),
    'norm.weight': random(7),
    temperature: random(),
    steps: hostTensor('int64', [1], BigInt64Array.of(BigInt(seed))),
  };
}

const base = randomModel(1);
const add = (tensors: NamedTensors, update: NamedTensors, factor = 1): NamedTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      tensor.dtype === 'float32'
        ? float32(
            tensor.shape,
            (tensor.data as Float32Array).map((value, i) => value + factor * (update[name]!.data as Float32Array)[i]!),
          )
        : update[name]!,
    ]),
  );
const member = (name: string, seed: number, rest: Partial<ModelMember> = {}): ModelMember => ({
  name,
  model: memoryReader(add(base, randomModel(seed, 0.1))),
  ...rest,
});
const merge = (members: readonly ModelMember[], recipe: MergeRecipe) =>
  mergeModels(members, memoryReader(base), recipe);
const values = (tensors: NamedTensors, name: string) => [...(tensors[name]!.data as Float32Array)];

describe('a merge of whole models', () => {
  it.for<[string, MergeRecipe]>([
    ['average', { method: 'average' }],
    ['linear', { method: 'task_arithmetic' }],
    ['task_arithmetic', { method: 'task_arithmetic', params: { lambda: 0.3 } }],
    ['task_arithmetic-negation', { method: 'task_arithmetic', params: { lambda: 0.5 } }],
    ['ties', { method: 'ties' }],
    ['ties-lambda', { method: 'ties', params: { density: 0.5, lambda: 0.4 } }],
    ['ties-public-code', { method: 'ties', params: { convention: 'authors_code' } }],
    ['ties-per-tensor', { method: 'ties', params: { thresholdScope: 'module', convention: 'peft' } }],
    [
      'ties-per-tensor-frequency',
      {
        method: 'ties',
        params: { density: 0.5, thresholdScope: 'module', convention: 'peft', majoritySign: 'frequency' },
      },
    ],
    ['magmax', { method: 'magmax', params: { lambda: 0.5 } }],
  ])('gives the numbers of numpy for %s, to 1e-9', ([name, recipe], context) => {
    needGolden(context);
    expect(fullSettings(name)).toBeDefined();
    expectFullMerge(name, recipe);
  });

  it('reproduces a single model, and takes counters from the backbone', () => {
    const only = member('only', 2);
    const { tensors } = merge([only], { method: 'task_arithmetic' });
    for (const name of Object.keys(base)) {
      if (name === 'steps') expect(tensors[name]).toEqual(base[name]);
      else
        values(tensors, name).forEach((value, i) =>
          expect(value).toBeCloseTo((only.model.read(name).data as Float32Array)[i]!, 6),
        );
      expect(tensors[name]!.shape).toEqual(base[name]!.shape);
    }
  });

  it('gives the same bytes whatever the order of the members', () => {
    const members = [member('b', 3), member('a', 2, { weight: -0.5 }), member('c', 4)];
    for (const method of ['ties', 'dare_ties', 'magmax', 'della', 'tsv_m']) {
      const one = merge(members, { method });
      const other = merge(members.toReversed(), { method });
      expect(encodeSafetensors(other.tensors)).toEqual(encodeSafetensors(one.tensors));
      expect(JSON.stringify(other.report)).toBe(JSON.stringify(one.report));
    }
  });

  it('leaves tensors that are no matrices the plain mean where a method is for matrices only', () => {
    const members = [member('a', 2), member('b', 3)];
    const mean = merge(members, { method: 'average' }).tensors;
    const { tensors } = merge(members, { method: 'iso_c' });
    for (const name of ['patch_embed.proj.weight', 'norm.weight', 'temperature'])
      expect(values(tensors, name)).toEqual(values(mean, name));
    expect(values(tensors, 'blocks.2.attn.qkv.weight')).not.toEqual(values(mean, 'blocks.2.attn.qkv.weight'));
  });

  it('cuts the rank of matrices on request, and of nothing else', () => {
    const members = [member('a', 2), member('b', 3)];
    const whole = merge(members, { method: 'task_arithmetic' });
    const cut = merge(members, { method: 'task_arithmetic', params: { maxRank: 1 } });
    expect(values(cut.tensors, 'norm.weight')).toEqual(values(whole.tensors, 'norm.weight'));
    const update = values(cut.tensors, 'blocks.2.attn.qkv.weight').map(
      (value, i) => value - (base['blocks.2.attn.qkv.weight']!.data as Float32Array)[i]!,
    );
    // Every 2 × 2 minor of a matrix of rank 1 is zero.
    for (let i = 0; i < 5; i++)
      for (let j = 0; j < 4; j++)
        expect(
          update[5 * i + j]! * update[5 * i + j + 6]! - update[5 * i + j + 1]! * update[5 * i + j + 5]!,
        ).toBeCloseTo(0, 6);
    expect(cut.report.totals.norm).toBeLessThan(whole.report.totals.norm);
  });

  it('brings every model to the mean norm on request', () => {
    const small = member('a', 2);
    const large: ModelMember = { name: 'b', model: memoryReader(add(base, randomModel(3, 1))) };
    const { report } = merge([small, large], { method: 'task_arithmetic', params: { balance: 'norm' } });
    const [a, b] = report.members;
    expect(a!.norm * a!.balance).toBeCloseTo(b!.norm * b!.balance, 9);
    expect(a!.balance).toBeGreaterThan(2);
    expect(report.totals.strength['a']).toBeGreaterThan(2 * report.totals.strength['b']!);
  });

  it('reports norms, strengths and cosines', () => {
    const members = [member('a', 2, { licence: 'CC-BY-NC-4.0' }), member('b', 2), member('c', 3, { weight: 0 })];
    const { report } = merge(members, { method: 'average' });
    expect(report.totals.parameters).toBe(48 + 30 + 30 + 7 + 1);
    expect(report.totals.pairs.map(({ a, b }) => [a, b])).toEqual([
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ]);
    expect(report.totals.pairs[0]!.update).toBeCloseTo(1, 12);
    expect(report.totals.strength['a']).toBeCloseTo(2 / 3, 9);
    expect(report.tensors.map(({ tensor }) => tensor)).toEqual([
      'blocks.2.attn.qkv.weight',
      'blocks.10.attn.qkv.weight',
      'norm.weight',
      'patch_embed.proj.weight',
      'temperature',
    ]);
    expect(report.copied).toEqual(['steps']);
    expect(report.licence.nonCommercial).toBe(true);
    expect(report.warnings.map(({ code, member: name }) => [code, name])).toEqual([['zero_weight', 'c']]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('is the backbone, without NaN, when every model is the backbone', () => {
    const members = ['a', 'b'].map((name): ModelMember => ({ name, model: memoryReader(base) }));
    for (const method of ['average', 'ties', 'dare_ties', 'magmax', 'breadcrumbs', 'della', 'model_stock', 'tsv_m']) {
      const { tensors, report } = merge(members, { method });
      expect(tensors).toEqual(base);
      expect(JSON.stringify(report)).not.toContain('NaN');
    }
  });

  it('streams from files to a file the bytes that it gives in memory', async () => {
    const folder = temporaryFolder();
    const members = [member('a', 2), member('b', 3)];
    for (const { name, model } of members)
      await writeFile(
        join(folder, name),
        encodeSafetensors(Object.fromEntries(Object.keys(base).map((key) => [key, model.read(key)]))),
      );
    await writeFile(join(folder, 'base'), encodeSafetensors(base));
    const files = members.map(({ name }) => ({ name, model: openSafetensors(join(folder, name)) }));
    using theta0 = openSafetensors(join(folder, 'base'));
    const path = join(folder, 'merged.safetensors');
    const { report } = await writeMergedModel(path, files, theta0, { method: 'ties' });
    files.forEach(({ model }) => model.close());
    const expected = merge(members, { method: 'ties' });
    expect(readFileSync(path)).toEqual(Buffer.from(encodeSafetensors(expected.tensors, { format: 'pt' })));
    expect(report).toEqual(expected.report);
    expect((await readSafetensors(path)).metadata).toEqual({ format: 'pt' });
  });

  it('leaves no file behind when a model turns out to hold NaN', async () => {
    const folder = temporaryFolder();
    const broken = randomModel(3);
    (broken['norm.weight']!.data as Float32Array)[2] = NaN;
    const write = writeMergedModel(
      join(folder, 'merged.safetensors'),
      [member('a', 2), { name: 'b', model: memoryReader(broken) }],
      memoryReader(base),
      { method: 'average' },
    );
    await expect(write).rejects.toMatchObject({ code: 'non_finite', facts: { param: 'b.norm.weight', index: 2 } });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each<[string, NamedTensors, string]>([
    ['lacks a tensor', { ...base, 'norm.weight': undefined! }, 'the backbone has float32 [7], b has none'],
    ['has one more', { ...base, extra: float32([1], [1]) }, 'the backbone has none, b has float32 [1]'],
    ['has another shape', { ...base, 'norm.weight': float32([2], [1, 1]) }, 'float32 [7], b has float32 [2]'],
    [
      'has another dtype',
      { ...base, 'norm.weight': hostTensor('float64', [7], new Float64Array(7)) },
      'float32 [7], b has float64 [7]',
    ],
  ])('refuses a model that %s and names both sides', (_, tensors, message) => {
    const model = memoryReader(
      Object.fromEntries(Object.entries(tensors).filter(([, tensor]) => tensor !== undefined)),
    );
    const run = () => merge([member('a', 2), { name: 'b', model }], { method: 'average' });
    expect(run).toThrow(message);
    expect(run).toThrow(expect.objectContaining({ code: 'model_mismatch' }));
  });

  it('refuses methods on factors, methods that need the task, and other spaces', () => {
    const members = [member('a', 2), member('b', 3)];
    for (const recipe of [
      { method: 'linear' },
      { method: 'pem' },
      { method: 'emr' },
      { method: 'ties', space: 'core' },
    ])
      expect(() => merge(members, recipe)).toThrow(expect.objectContaining({ code: 'unsupported_merge_space' }));
  });

  it('refuses members of other backbones, and names that repeat', () => {
    const members = [member('a', 2, { backbone: 'sha256:1' }), member('b', 3, { backbone: 'sha256:2' })];
    expect(() => merge(members, { method: 'average' })).toThrow(expect.objectContaining({ code: 'member_backbone' }));
    expect(() => merge([member('a', 2), member('a', 3)], { method: 'average' })).toThrow(
      expect.objectContaining({ code: 'duplicate_member' }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { denseSum, distance, float32Tolerance, mergedDense, norm, randomUpdate } from '../../tests/support.ts';
import { type MergeMember } from '../index.ts';
import { blockOf } from './lines.ts';

const lines = { method: 'lines' };
const modules = ['blocks.0.attn.q', 'blocks.2.attn.v', 'blocks.4.mlp.fc1', 'patch_embed.proj'];
const members = [1, 2, 3].map((seed): MergeMember => ({
  name: `m${seed}`,
  updates: Object.fromEntries(modules.map((module, i) => [module, randomUpdate(10 * seed + i)])),
}));
/** Factor on the merge of `base` that each module got. */
const scales = (params: object, base: object) =>
  modules.map((module) => {
    const merged = mergedDense(members, { ...lines, params }, module);
    const plain = mergedDense(members, { method: 'average', ...base }, module);
    const scale = norm(merged) / norm(plain);
    expect(
      distance(
        merged,
        plain.map((value) => scale * value),
      ),
    ).toBeLessThan(float32Tolerance);
    return scale;
  });

describe('lines', () => {
  it('grows from 1/N of the sum by β to the last block, and leaves 1/N to what is no block', () => {
    const sum = { method: 'task_arithmetic' };
    const expected = [1 / 3, 1 / 3 + 0.5, 1 / 3 + 1, 1 / 3];
    scales({}, sum).forEach((scale, i) => expect(scale).toBeCloseTo(expected[i]!, 6));
    const half = [1 / 3, 1 / 3 + 0.25, 1 / 3 + 0.5, 1 / 3];
    scales({ beta: 0.5 }, sum).forEach((scale, i) => expect(scale).toBeCloseTo(half[i]!, 6));
  });

  it('grows from 1 of the mean', () => {
    scales({ base: 'mean' }, {}).forEach((scale, i) => expect(scale).toBeCloseTo([1, 1.5, 2, 1][i]!, 6));
  });

  it('starts another base at the L1 norm of the mean', () => {
    const first = scales({ base: 'ties', beta: 0 }, { method: 'ties', space: 'core' });
    for (const scale of first) expect(scale).toBeCloseTo(first[0]!, 6);
    const full = { ...lines, space: 'full', params: { base: 'ties', beta: 0 } };
    const absolute = (values: (module: string) => Float64Array) =>
      modules.reduce((total, module) => total + values(module).reduce((sum, value) => sum + Math.abs(value), 0), 0);
    const mean = absolute((module) => denseSum(members, [1 / 3, 1 / 3, 1 / 3], module));
    expect(absolute((module) => mergedDense(members, full, module)) / mean).toBeCloseTo(1, 5);
  });

  it('is the base itself where there is one block only', () => {
    const single = members.map(({ name, updates }) => ({
      name,
      updates: { 'blocks.0.attn.q': updates[modules[0]!]! },
    }));
    expect(
      distance(mergedDense(single, { ...lines, params: { base: 'mean' } }), mergedDense(single, { method: 'average' })),
    ).toBeLessThan(float32Tolerance);
  });

  it('reads the block out of the names of timm, open_clip and transformers', () => {
    expect(
      ['blocks.11.attn.q', 'visual.transformer.resblocks.3.attn.q', 'vit.encoder.layer.7.attention.query'].map(blockOf),
    ).toEqual([11, 3, 7]);
    expect(blockOf('patch_embed.proj')).toBeUndefined();
  });
});

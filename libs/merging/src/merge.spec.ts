import { denseUpdate, updateInnerProduct, updateNorm } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { randomMember, randomUpdate, times } from '../tests/support.ts';
import { mergeAdapters, prepareMerge, type MergeMember } from './index.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const members: MergeMember[] = [
  { ...randomMember('a', 1), digest: digest('a'), backbone: digest('0'), licence: 'CC-BY-4.0' },
  { ...randomMember('b', 2, { rank: 3 }), digest: digest('b'), licence: 'CC-BY-NC-4.0', weight: 2 },
];
const q = 'blocks.0.attn.q';

describe('the merge report', () => {
  const { report, updates } = mergeAdapters(members, { method: 'med-lego', params: { threshold: 0.8 } });

  it('records what went in: members, digests, weights, parameters with defaults, versions, joined licences', () => {
    expect(report).toMatchObject({
      schema: 'medlego.merge-report/1',
      method: 'med-lego',
      space: 'core',
      params: { threshold: 0.8, mode: 'share_of_sigma', lambda: 1, balance: 'none', normalize: 'members' },
      versions: { merging: '0.1.0' },
      backbone: digest('0'),
      licence: { expression: 'CC-BY-4.0 AND CC-BY-NC-4.0', nonCommercial: true, nonCommercialMembers: ['b'] },
      members: [
        { name: 'a', digest: digest('a'), weight: 1, licence: 'CC-BY-4.0', nonCommercial: false, modules: 2, rank: 4 },
        {
          name: 'b',
          digest: digest('b'),
          weight: 2,
          licence: 'CC-BY-NC-4.0',
          nonCommercial: true,
          modules: 2,
          rank: 6,
        },
      ],
      warnings: [],
    });
  });

  it('has no time in it', () => {
    expect(JSON.stringify(report)).not.toMatch(/"(ms|time|date|created)"/i);
  });

  it('states norms, cosines and shares as the dense updates have them', () => {
    const [x, y] = members.map(({ updates: all }) => all[q]!) as [
      ReturnType<typeof randomUpdate>,
      ReturnType<typeof randomUpdate>,
    ];
    const merged = updates[q]!;
    const module = report.modules[0]!;
    expect(module).toMatchObject({ module: q, shape: [12, 10], ranks: { a: 2, b: 3 }, k: merged.rank });
    expect(module.norms['a']).toBeCloseTo(updateNorm(x), 9);
    expect(module.normRatio['a']).toBeCloseTo(updateNorm(merged) / updateNorm(x), 6);
    expect(module.strength['b']).toBeCloseTo(updateInnerProduct(merged, y) / updateNorm(y) ** 2, 6);
    expect(module.pairs).toHaveLength(1);
    expect(module.pairs[0]!.update).toBeCloseTo(updateInnerProduct(x, y) / (updateNorm(x) * updateNorm(y)), 9);
    expect(module.energyKept).toBeCloseTo(updateNorm(merged) ** 2 / (updateNorm(merged) ** 2 + module.error ** 2), 6);
  });

  it('adds the modules up in its totals', () => {
    const { totals, modules } = report;
    expect(totals.modules).toBe(2);
    expect(totals.rank).toBe(modules[0]!.k + modules[1]!.k);
    expect(totals.parameters).toBe(totals.rank * (12 + 10 + 1));
    expect(totals.error).toBeCloseTo(Math.hypot(modules[0]!.error, modules[1]!.error), 12);
    const energy = (i: number) => modules[i]!.norms['a']! ** 2;
    expect(totals.perTask['a']).toBeCloseTo(
      (modules[0]!.perTask['a']! * energy(0) + modules[1]!.perTask['a']! * energy(1)) / (energy(0) + energy(1)),
      12,
    );
    expect(totals.pairs[0]!.left).toBeCloseTo((modules[0]!.pairs[0]!.left! + modules[1]!.pairs[0]!.left!) / 2, 12);
  });

  it('keeps all of every task and mean strength 1/N where updates are orthogonal and nothing is cut', () => {
    const update = (at: number) => {
      const b = new Float32Array(4);
      const a = new Float32Array(4);
      b[at] = a[at] = 1;
      return { out: 4, in: 4, rank: 1, b, e: Float32Array.of(3), a, scaling: 2 };
    };
    const orthogonal = [0, 1, 2].map((i): MergeMember => ({ name: `t${i}`, updates: { q: update(i) } }));
    const { totals } = mergeAdapters(orthogonal, { method: 'average' }).report;
    for (const name of ['t0', 't1', 't2']) {
      expect(totals.perTask[name]).toBeCloseTo(1, 14);
      expect(totals.strength[name]).toBeCloseTo(1 / 3, 14);
      expect(totals.normRatio[name]).toBeCloseTo(1 / Math.sqrt(3), 14);
    }
    expect(totals.pairs.map(({ update: cosine, left, right }) => [cosine, left, right])).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('gives cosine 1 to equal, -1 to opposite updates, and full overlap to a subspace', () => {
    const a = randomMember('a', 1);
    const [pair] = mergeAdapters([a, times(a, -3, 'b')], { method: 'average' }).report.totals.pairs;
    expect(pair!.update).toBeCloseTo(-1, 12);
    expect(pair!.left).toBeCloseTo(1, 12);
    expect(pair!.right).toBeCloseTo(1, 12);
  });
});

describe('warnings', () => {
  const codes = (list: readonly MergeMember[]) =>
    mergeAdapters(list, { method: 'average' }).report.warnings.map(({ code, member }) =>
      `${code} ${member ?? ''}`.trim(),
    );

  it('are silent for an ordinary merge', () => {
    expect(codes([randomMember('a', 1), randomMember('b', 2)])).toEqual([]);
  });

  it('name a zero member, a zero weight and missing modules', () => {
    const [a, b] = [randomMember('a', 1), randomMember('b', 2)];
    expect(codes([a, times(b, 0)])).toEqual(['zero_member b']);
    expect(codes([a, { ...b, weight: 0 }])).toEqual(['zero_weight b']);
    const partial = { name: 'c', updates: { [q]: b.updates[q]! } };
    const [warning] = mergeAdapters([a, partial], { method: 'average' }).report.warnings;
    expect(warning).toMatchObject({ code: 'module_missing', member: 'c', modules: ['blocks.0.attn.v'] });
  });

  it('say so when nothing is left', () => {
    const a = randomMember('a', 1);
    expect(codes([a, times(a, -1, 'b')])).toEqual(['zero_result']);
  });
});

describe('prepareMerge', () => {
  it('gives what one-shot merges give, for many recipes on the same members', () => {
    const prepared = prepareMerge(members);
    for (const recipe of [
      { method: 'med-lego', params: { threshold: 0.5 } },
      { method: 'average' },
      { method: 'med-lego', params: { balance: 'norm', lambda: 3 }, space: 'full' },
      { method: 'med-lego', params: { threshold: 0.5 } },
    ]) {
      const { ms: _, ...expected } = mergeAdapters(members, recipe);
      expect(prepared.merge(recipe)).toMatchObject(expected);
    }
  });
});

describe('rounding', () => {
  it('refuses a result that float32 cannot hold, and takes one that it would round to 0 for zero', () => {
    const member = randomMember('a', 1);
    const merge = (lambda: number) => mergeAdapters([member], { method: 'average', params: { lambda } });
    expect(() => merge(1e38)).toThrow(/merged update: expected singular values within float32/);
    expect(merge(1e-44).updates).toEqual({});
  });

  it('takes what is left of updates that cancel to within rounding for zero, whatever the route of the basis', () => {
    const update = randomUpdate(4, { out: 30, in: 20, rank: 3 });
    const turned = {
      ...update,
      b: update.b.map((value) => value * 3),
      e: update.e.map((value) => value / 3),
      scaling: -1,
    };
    // float32 division leaves a relative 1e-8, which is real; the same in float64 leaves rounding only.
    const double = {
      ...update,
      b: Float64Array.from(update.b, (value) => value * 3),
      e: Float64Array.from(update.e, (value) => value / 3),
      scaling: -1,
    };
    const merge = (other: typeof update) =>
      mergeAdapters(
        [
          { name: 'a', updates: { q: update } },
          { name: 'b', updates: { q: other } },
        ],
        { method: 'average' },
      ).updates;
    expect(merge(double as never)).toEqual({});
    const small = merge(turned)['q'];
    if (small) expect(Math.hypot(...denseUpdate(small))).toBeLessThan(1e-6 * updateNorm(update));
  });
});

import { MissingStatisticsError, NonFiniteError, ShapeMismatchError } from '@medlego/errors';
import { identity, matrix, type Matrix } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { goldenError } from '../../tests/full-golden.ts';
import {
  denseSum,
  distance,
  float32Tolerance,
  mergedDense,
  needGolden,
  norm,
  randomMember,
  withStatistics,
} from '../../tests/support.ts';
import { mergeAdapters, type MergeMember } from '../index.ts';

const regmean = { method: 'regmean' };
const module = 'blocks.0.attn.q';
const members = [1, 2, 3].map((seed) => withStatistics(randomMember(`m${seed}`, seed, { rank: seed }), seed));

const withGram = (member: MergeMember, gram: Matrix): MergeMember => ({
  ...member,
  statistics: { gram: { 'blocks.0.attn.q': gram, 'blocks.0.attn.v': gram } },
});

describe('regmean', () => {
  it.for(['regmean', 'regmean-diagonal'])('equals numpy on dense updates, case %s', (name, context) => {
    needGolden(context);
    const params = { alpha: name === 'regmean' ? 0.9 : 0 };
    expect(goldenError(name, { ...regmean, params })).toBeLessThan(1e-9);
  });

  it('is the average when all inputs are alike', () => {
    const alike = members.map((member) => withGram(member, identity(10)));
    expect(distance(mergedDense(alike, regmean), denseSum(members, [1 / 3, 1 / 3, 1 / 3]))).toBeLessThan(
      float32Tolerance,
    );
  });

  it('keeps each update whole where inputs of tasks are disjoint', () => {
    // Task 1 sees the first five input features only, task 2 the others.
    const half = (from: number): Matrix => {
      const gram = matrix(10, 10);
      for (let i = from; i < from + 5; i++) gram.data[i * 11] = 1;
      return gram;
    };
    const pair = [withGram(members[0]!, half(0)), withGram(members[1]!, half(5))];
    const merged = mergedDense(pair, regmean);
    const expected = denseSum([pair[0]!], [1]).map((value, i) => (i % 10 < 5 ? value : denseSum([pair[1]!], [1])[i]!));
    expect(distance(merged, expected)).toBeLessThan(float32Tolerance);
  });

  it('has at most the rank of the stacked factors', () => {
    expect(mergeAdapters(members, regmean).report.modules.map(({ k }) => k)).toEqual([6, 6]);
  });

  it('reproduces a single member, whatever its inputs', () => {
    expect(distance(mergedDense([members[2]!], regmean), denseSum([members[2]!], [1]))).toBeLessThan(float32Tolerance);
  });

  it('shrinks with the ridge', () => {
    const plain = norm(mergedDense(members, regmean));
    expect(norm(mergedDense(members, { ...regmean, params: { ridge: 10 } }))).toBeLessThan(plain / 2);
  });

  it('counts a member that does not touch a module by its Gram', () => {
    const lacking = { ...members[1]!, updates: { 'blocks.0.attn.v': members[1]!.updates['blocks.0.attn.v']! } };
    const zero = { ...members[1]!.updates[module]!, scaling: 0 };
    const explicit = { ...members[1]!, updates: { ...members[1]!.updates, [module]: zero } };
    expect(
      distance(mergedDense([members[0]!, lacking], regmean), mergedDense([members[0]!, explicit], regmean)),
    ).toBeLessThan(float32Tolerance);
  });

  it('says which member lacks statistics, and refuses those of another module or with NaN', () => {
    const bare = randomMember('bare', 9);
    expect(() => mergeAdapters([members[0]!, bare], regmean)).toThrow(MissingStatisticsError);
    expect(() => mergeAdapters([members[0]!, bare], regmean)).toThrow(
      /member bare has none for blocks.0.attn.q.*--stats gram/,
    );
    expect(() => mergeAdapters([withGram(bare, identity(4))], regmean)).toThrow(ShapeMismatchError);
    const broken = identity(10);
    broken.data[3] = NaN;
    expect(() => mergeAdapters([withGram(bare, broken)], regmean)).toThrow(NonFiniteError);
    const negative = identity(10);
    negative.data[11] = -1;
    expect(() => mergeAdapters([withGram(bare, negative)], regmean)).toThrow(/gram statistics of bare.*negative/);
  });

  it('takes statistics as they are when norms are balanced', () => {
    const loud = { ...members[0]!, updates: scaledUpdates(members[0]!, 50) };
    const params = { balance: 'norm' };
    const scale = (list: readonly MergeMember[]) => mergeAdapters(list, { ...regmean, params }).report.members[0]!;
    const merged = mergedDense([loud, members[1]!], { ...regmean, params });
    const balanced = mergedDense([members[0]!, members[1]!], { ...regmean, params });
    const [a, b] = [scale([loud, members[1]!]), scale([members[0]!, members[1]!])];
    const factor = (a.norm * a.balance) / (b.norm * b.balance);
    expect(
      distance(
        merged,
        balanced.map((value) => factor * value),
      ),
    ).toBeLessThan(1e-5);
  });
});

const scaledUpdates = ({ updates }: MergeMember, factor: number) =>
  Object.fromEntries(
    Object.entries(updates).map(([name, update]) => [name, { ...update, scaling: update.scaling * factor }]),
  );

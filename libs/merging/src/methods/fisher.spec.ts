import { MissingStatisticsError } from '@medlego/errors';
import { matrix } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { goldenError } from '../../tests/full-golden.ts';
import {
  denseSum,
  distance,
  float32Tolerance,
  mergedDense,
  needGolden,
  randomMember,
  withStatistics,
} from '../../tests/support.ts';
import { mergeAdapters, type MergeMember } from '../index.ts';

const fisher = { method: 'fisher' };
const members = [1, 2, 3].map((seed) => withStatistics(randomMember(`m${seed}`, seed), seed));

const withFisher = (member: MergeMember, value: (index: number) => number): MergeMember => {
  const information = matrix(
    12,
    10,
    Float64Array.from({ length: 120 }, (_, i) => value(i)),
  );
  return { ...member, statistics: { fisher: { 'blocks.0.attn.q': information, 'blocks.0.attn.v': information } } };
};

describe('fisher', () => {
  it('equals numpy on all tensors, vectors included', (context) => {
    needGolden(context);
    expect(goldenError('fisher', fisher, () => true)).toBeLessThan(1e-9);
  });

  it('equals numpy with coefficients and normalised information', (context) => {
    needGolden(context);
    const recipe = { ...fisher, params: { normalizeFisher: true }, weights: [0.1, 0.2, 0.3, 0.4] };
    expect(goldenError('fisher-normalized', recipe, () => true)).toBeLessThan(1e-9);
  });

  it('is the average where nobody has information, and with equal information', () => {
    const mean = denseSum(members, [1 / 3, 1 / 3, 1 / 3]);
    for (const value of [0, 5]) {
      const alike = members.map((member) => withFisher(member, () => value));
      expect(distance(mergedDense(alike, fisher), mean)).toBeLessThan(float32Tolerance);
    }
  });

  it('follows the one member that has information', () => {
    const sure = [withFisher(members[0]!, () => 1e9), withFisher(members[1]!, () => 0)];
    expect(distance(mergedDense(sure, fisher), denseSum([members[0]!], [1]))).toBeLessThan(1e-5);
  });

  it('normalised, does not depend on the size of a member’s gradients', () => {
    const params = { normalizeFisher: true };
    const loud = [withFisher(members[0]!, (i) => 1e6 * (1 + i)), members[1]!];
    const quiet = [withFisher(members[0]!, (i) => 1 + i), members[1]!];
    const recipe = { ...fisher, params };
    expect(distance(mergedDense(loud, recipe), mergedDense(quiet, recipe))).toBeLessThan(1e-5);
    expect(distance(mergedDense(loud, fisher), mergedDense(quiet, fisher))).toBeGreaterThan(0.1);
  });

  it('says which member lacks statistics, and refuses negative ones', () => {
    expect(() => mergeAdapters([members[0]!, randomMember('bare', 9)], fisher)).toThrow(MissingStatisticsError);
    expect(() => mergeAdapters([withFisher(members[0]!, (i) => i - 3)], fisher)).toThrow(/fisher statistics of m1/);
  });
});

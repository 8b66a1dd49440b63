import { denseUpdate } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { denseSum, distance, float32Tolerance, mergedDense, norm, randomMember } from '../../tests/support.ts';
import { mergeAdapters, mergeMethods } from '../index.ts';

const emr = { method: 'emr' };
const module = 'blocks.0.attn.q';
const members = [1, 2, 3].map((seed) => randomMember(`m${seed}`, seed));

describe('emr', () => {
  it('elects the sign of the sum and the largest magnitude that agrees with it', () => {
    const updates = members.map((member) => denseSum([member], [1]));
    const sum = denseSum(members, [1, 1, 1]);
    const expected = sum.map((total, i) => {
      const agreeing = updates.map((update) => update[i]!).filter((value) => value * total > 0);
      return Math.sign(total) * Math.max(...agreeing.map(Math.abs));
    });
    expect(distance(mergedDense(members, emr), expected)).toBeLessThan(float32Tolerance);
  });

  it('gives every task its masked and rescaled part, with the L1 norm of its own update', () => {
    const { taskUpdates } = mergeAdapters(members, emr);
    const elected = mergedDense(members, emr);
    for (const member of members) {
      let [own, given] = [0, 0];
      for (const name of Object.keys(member.updates)) {
        own += denseSum([member], [1], name).reduce((sum, value) => sum + Math.abs(value), 0);
        given += denseUpdate(taskUpdates![member.name]![name]!).reduce((sum, value) => sum + Math.abs(value), 0);
      }
      expect(given / own).toBeCloseTo(1, 5);
      const update = denseUpdate(taskUpdates![member.name]![module]!);
      const specialist = denseSum([member], [1]);
      const scales = new Set<string>();
      update.forEach((value, i) => {
        if (elected[i]! * specialist[i]! > 0) scales.add((value / elected[i]!).toFixed(3));
        else expect(value).toBe(0);
      });
      expect(scales.size).toBe(1);
    }
  });

  it('comes nearer to each specialist than the merged update does', () => {
    const { taskUpdates } = mergeAdapters(members, emr);
    const elected = mergedDense(members, emr);
    for (const member of members) {
      const specialist = denseSum([member], [1]);
      const given = denseUpdate(taskUpdates![member.name]![module]!);
      expect(distance(given, specialist)).toBeLessThan(distance(elected, specialist));
    }
  });

  it('is the specialist itself for one member, scaled by lambda', () => {
    const { taskUpdates } = mergeAdapters([members[0]!], { ...emr, params: { lambda: 0.5 } });
    const half = denseSum([members[0]!], [0.5]);
    expect(distance(denseUpdate(taskUpdates!['m1']![module]!), half)).toBeLessThan(float32Tolerance);
  });

  it('gives nothing to a member of weight 0', () => {
    const { taskUpdates } = mergeAdapters([members[0]!, { ...members[1]!, weight: 0 }], emr);
    expect(taskUpdates!['m2']).toEqual({});
    expect(norm(denseUpdate(taskUpdates!['m1']![module]!))).toBeGreaterThan(0);
  });

  it('stores tall and wide updates with the smaller side as the identity', () => {
    for (const shape of [
      { out: 12, in: 4 },
      { out: 4, in: 12 },
    ]) {
      const pair = [1, 2].map((seed) => randomMember(`m${seed}`, seed, shape));
      const update = mergeAdapters(pair, emr).taskUpdates!['m1']![module]!;
      expect(update.rank).toBe(4);
      expect(denseUpdate(update).length).toBe(48);
    }
  });

  it('is the only method with updates per task', () => {
    const withTasks = mergeMethods
      .filter(({ factorsOnly }) => !factorsOnly)
      .filter((method) => {
        const configured = method.configure({});
        return configured.begin([], []).tasks !== undefined;
      });
    expect(withTasks.map(({ id }) => id)).toEqual(['emr']);
  });
});

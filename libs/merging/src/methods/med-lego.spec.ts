import { fromRowMajor, svd } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { medLegoCase, medLegoCases } from '../../tests/med-lego-golden.ts';
import { peftCase, peftCases } from '../../tests/peft.ts';
import {
  denseSum,
  distance,
  float32Tolerance,
  mergedDense,
  needGolden,
  norm,
  randomMember,
} from '../../tests/support.ts';
import { collectMembers } from '../members.ts';
import { finishModule } from '../merge-module.ts';
import { findMethod, mergeAdapters } from '../index.ts';
import { fullSpace } from '../spaces/full.ts';
import { coreSpace } from '../spaces/core.ts';
import { moduleDeltas, openModule } from '../spaces/merge-space.ts';

const medLego = { method: 'med-lego' };

describe('med-lego', () => {
  it('cuts the mean at a share of 0.9 of the singular values by default, strictly', () => {
    const members = [randomMember('a', 1, { rank: 4 }), randomMember('b', 2, { rank: 4 })];
    const { report } = mergeAdapters(members, medLego);
    expect(report.params).toEqual({
      lambda: 1,
      balance: 'none',
      normalize: 'members',
      threshold: 0.9,
      mode: 'share_of_sigma',
    });
    for (const { singularValues, k } of report.modules) {
      const total = singularValues.reduce((sum, value) => sum + value, 0);
      const share = (count: number) => singularValues.slice(0, count).reduce((sum, value) => sum + value, 0) / total;
      expect(share(k)).toBeGreaterThan(0.9);
      expect(share(k - 1)).toBeLessThanOrEqual(0.9);
      expect(k).toBeLessThan(singularValues.length);
    }
  });

  it('equals the average at threshold 1', () => {
    const members = [randomMember('a', 1), randomMember('b', 2)];
    const all = mergedDense(members, { ...medLego, params: { threshold: 1 } });
    expect(distance(all, mergedDense(members, { method: 'average' }))).toBe(0);
  });

  it('reproduces a single member at threshold 1', () => {
    const member = randomMember('only', 5, { scaling: 4 });
    const all = mergedDense([member], { ...medLego, params: { threshold: 1 } });
    expect(distance(all, denseSum([member], [1]))).toBeLessThan(float32Tolerance);
  });

  it('gives the same in core and in full space', () => {
    const members = [randomMember('a', 1, { rank: 4 }), randomMember('b', 2, { rank: 3 })];
    const core = mergedDense(members, medLego);
    expect(distance(mergedDense(members, { ...medLego, space: 'full' }), core)).toBeLessThan(float32Tolerance);
  });

  it('errs by the tail of the spectrum (Eckart–Young)', () => {
    const members = [randomMember('a', 1, { rank: 4 }), randomMember('b', 2, { rank: 4 })];
    for (const threshold of [0.3, 0.6, 0.9]) {
      const recipe = { ...medLego, params: { threshold } };
      const { error, singularValues, k } = mergeAdapters(members, recipe).report.modules[0]!;
      const mean = denseSum(members, [0.5, 0.5]);
      const difference = mergedDense(members, recipe).map((value, i) => value - mean[i]!);
      expect(Math.abs(norm(difference) - error) / norm(mean)).toBeLessThan(float32Tolerance);
      expect(error).toBeCloseTo(norm(singularValues.slice(k)), 12);
    }
  });

  it.for(medLegoCases())('gives the numbers of numpy in case %s, to 1e-9', (name, context) => {
    needGolden(context);
    const { updates, weights, mean, singularValues, cuts, numericalRank } = medLegoCase(name);
    const members = updates.map((q, i) => ({ name: `task${i}`, updates: { q }, weight: weights[i]! }));
    const [module] = collectMembers(members).modules;
    const largest = Math.max(...mean.map(Math.abs), 1e-300);

    for (const space of [coreSpace, fullSpace]) {
      for (const { threshold, mode, k, exceedsSigma, cut, energyKept, energyKeptPerTask, error } of cuts) {
        const params = { normalize: 'none', threshold, mode };
        const { report } = mergeAdapters(members, { ...medLego, space: space.id, params });
        const [figures] = report.modules;
        expect(figures!.k, `k of ${mode} ${threshold}`).toBe(k);
        expect(figures!.singularValues.length).toBe(numericalRank);
        figures!.singularValues.forEach((value, i) =>
          expect(Math.abs(value - singularValues[i]!)).toBeLessThan(1e-9 * singularValues[0]!),
        );
        if (k !== exceedsSigma) continue; // the file holds the cut of the default rule only
        expect(Math.abs(figures!.error - error)).toBeLessThan(1e-9 * Math.max(1, norm(mean)));
        expectClose(figures!.energyKept, energyKept);
        if (name === 'equal-singular-values') continue; // the cut itself is not unique
        energyKeptPerTask.forEach((value, i) => expectClose(figures!.perTask[`task${i}`]!, value));

        // The merged matrix in float64, before it is stored as float32.
        const opened = openModule(space, module!.updates);
        const configured = findMethod('med-lego').configure(params);
        const merge = configured.begin(weights, []);
        const merged = merge({
          module: 'q',
          index: 0,
          count: 1,
          space: 'core',
          ranks: [],
          factors: [],
          statistics: [],
          names: [],
          contentKey: () => 0,
          deltas: moduleDeltas(opened),
        });
        const { u, v, singularValues: s } = finishModule(merged, opened, configured.params, 1);
        const [left, right] = [opened.left.lift(u), opened.right.lift(v)];
        let worst = 0;
        for (let i = 0; i < left.rows; i++)
          for (let j = 0; j < right.rows; j++) {
            let entry = 0;
            for (let l = 0; l < k; l++)
              entry += left.data[l * left.rows + i]! * s[l]! * right.data[l * right.rows + j]!;
            worst = Math.max(worst, Math.abs(entry - cut[i * right.rows + j]!));
          }
        expect(worst / largest).toBeLessThan(1e-9);
      }
    }
  });

  it.for(peftCases('svd'))('equals PEFT %s, or the definition where PEFT departs from it', (name, context) => {
    needGolden(context);
    const { members, rank, expected } = peftCase(name);
    const recipe = { ...medLego, params: { normalize: 'none', threshold: 1, maxRank: rank } };
    const departs = name === 'svd-rslora-first' || name === 'svd-single';
    for (const [module, delta] of expected) {
      const merged = mergedDense(members, recipe, module);
      const sum = denseSum(
        members,
        members.map(({ weight }) => weight!),
        module,
      );
      const { s } = svd(fromRowMajor(64, 64, sum));
      const tail = norm(s.slice(rank));
      expect(Math.abs(norm(merged.map((value, i) => value - sum[i]!)) - tail) / norm(sum)).toBeLessThan(
        float32Tolerance,
      );
      if (departs) expect(distance(merged, delta)).toBeGreaterThan(0.1);
      else expect(distance(merged, delta)).toBeLessThan(2e-5);
    }
  });
});

function expectClose(actual: number | null, expected: number | null): void {
  if (actual === null || expected === null) expect(actual).toBe(expected);
  else expect(Math.abs(actual - expected)).toBeLessThan(1e-9);
}

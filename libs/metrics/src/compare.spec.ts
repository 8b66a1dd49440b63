import { describe, expect, it } from 'vitest';
import type { CasesInput } from './cases.ts';
import { compare } from './compare.ts';
import { createRandomInt } from './random.ts';

const random = createRandomInt(1);
const labels = Array.from({ length: 200 }, () => random(2));
const scoresWith = (signal: number) => labels.map((label) => (label * signal + random(100)) / (signal + 100));
const binary = (data: readonly number[]): CasesInput => ({
  kind: 'binary-class',
  labels,
  scores: { shape: [200, 1], data },
});
const strong = binary(scoresWith(60));
const weak = binary(scoresWith(10));

describe('compare', () => {
  it('judges binary tasks by McNemar and DeLong', () => {
    const { n, differences } = compare(strong, weak);
    expect(n).toBe(200);
    expect(differences.acc).toMatchObject({ test: 'mcnemar' });
    expect(differences.auc).toMatchObject({ test: 'delong' });
    expect(differences.auc!.difference).toBeGreaterThan(0.1);
    expect(differences.auc!.p).toBeLessThan(0.01);
    expect(differences.auc!.interval![0]).toBeGreaterThan(0);
  });

  it('of a model with itself finds nothing', () => {
    const { differences } = compare(strong, strong);
    expect(differences.acc).toEqual({ difference: 0, interval: [0, 0], p: 1, test: 'mcnemar' });
    expect(differences.auc).toEqual({ difference: 0, interval: [0, 0], p: 1, test: 'delong' });
  });

  it('falls back on the bootstrap where DeLong has no variance to work with', () => {
    const perfect = binary(labels.map((label) => label));
    const constant = binary(labels.map(() => 0.5));
    expect(compare(perfect, constant).differences.auc).toMatchObject({ difference: 0.5, test: 'paired_bootstrap' });
  });

  it('says null where a metric is undefined, and takes other metrics', () => {
    const oneClass: CasesInput = { kind: 'binary-class', labels: [1, 1], scores: { shape: [2, 1], data: [0.7, 0.2] } };
    expect(compare(oneClass, oneClass).differences.auc).toEqual({
      difference: null,
      interval: null,
      p: null,
      test: 'paired_bootstrap',
    });
    expect(Object.keys(compare(strong, weak, { metrics: ['brier', 'kappa'] }).differences)).toEqual(['brier', 'kappa']);
  });

  it('judges multi-label accuracy by cases, not by labels', () => {
    const input: CasesInput = {
      kind: 'multi-label, binary-class',
      labels: [1, 0, 0, 1],
      scores: { shape: [2, 2], data: [0.9, 0.1, 0.4, 0.8] },
    };
    expect(compare(input, input).differences.acc!.test).toBe('paired_bootstrap');
  });

  it('refuses cases that are not the same', () => {
    const other = { ...weak, labels: labels.map((label, row) => (row === 7 ? 1 - label : label)) };
    expect(() => compare(strong, other)).toThrow(
      expect.objectContaining({
        code: 'unpaired_cases',
        facts: expect.objectContaining({ field: 'b.labels[7]' }) as object,
      }),
    );
    const short: CasesInput = { kind: 'binary-class', labels: [1], scores: { shape: [1, 1], data: [0.5] } };
    expect(() => compare(strong, short)).toThrow('b.n');
  });
});

import { describe, expect, it } from 'vitest';
import { baselineScores } from './baselines.ts';
import type { CasesInput } from './cases.ts';
import { evaluateScores } from './evaluate-scores.ts';
import { createRandomInt } from './random.ts';

/** Three classes, one of them absent from the labels if asked. */
function example({ without = -1, n = 80 } = {}): CasesInput {
  const random = createRandomInt(2);
  const present = [0, 1, 2].filter((label) => label !== without);
  const labels = Array.from({ length: n }, () => present[random(present.length)]!);
  const data = labels.flatMap((label) => {
    const raw = [0, 1, 2].map((index) => 1 + random(9) + (index === label ? 5 : 0));
    const total = raw.reduce((sum, value) => sum + value, 0);
    return raw.map((value) => value / total);
  });
  return { kind: 'multi-class', labels, scores: { shape: [n, 3], data } };
}

const multiLabel: CasesInput = {
  kind: 'multi-label, binary-class',
  labels: [1, 0, 0, 0, 0, 0, 0, 1],
  scores: { shape: [4, 2], data: [0.9, 0.2, 0.1, 0.6, 0.2, 0.1, 0.4, 0.8] },
};

describe('evaluateScores', () => {
  it('gives every metric an interval that holds it, except the calibration error', () => {
    const { metrics, intervals, n } = evaluateScores(example());
    expect(n).toBe(80);
    expect(Object.keys(intervals).sort()).toEqual(
      Object.keys(metrics)
        .filter((name) => name !== 'ece')
        .sort(),
    );
    for (const [name, interval] of Object.entries(intervals)) {
      const value = metrics[name as keyof typeof metrics]!;
      expect(interval![0], name).toBeLessThan(value);
      expect(interval![1], name).toBeGreaterThan(value);
    }
  });

  it('is plain JSON, the same for the same seed', () => {
    const first = evaluateScores(example(), { seed: 5 });
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    expect(evaluateScores(example(), { seed: 5 })).toEqual(first);
    expect(evaluateScores(example(), { seed: 6 }).intervals.auc).not.toEqual(first.intervals.auc);
  });

  it('has no AUC without cases of a class, and says which', () => {
    const names = ['cat', 'dog', 'owl'];
    const { metrics, intervals, aucPerClass, missingClasses, notes } = evaluateScores(example({ without: 1 }), {
      labelNames: names,
      bootstrap: 100,
    });
    expect(metrics.auc).toBeNull();
    expect(intervals.auc).toBeNull();
    expect(metrics.auc_mean_of_defined).toBeGreaterThan(0.5);
    expect(intervals.auc_mean_of_defined).not.toBeNull();
    expect(aucPerClass.map((value) => value === null)).toEqual([false, true, false]);
    expect(missingClasses).toEqual([1]);
    expect(notes).toEqual(['auc: undefined, class dog without cases; auc_mean_of_defined averages the others.']);
  });

  it('survives a split with one class only', () => {
    const { metrics, missingClasses } = evaluateScores({
      kind: 'binary-class',
      labels: [1, 1, 1],
      scores: { shape: [3, 2], data: [0.2, 0.8, 0.6, 0.4, 0.1, 0.9] },
    });
    expect(metrics).toMatchObject({ acc: 2 / 3, auc: null, auc_mean_of_defined: null });
    expect(missingClasses).toEqual([0]);
  });

  it('tells when resamples lack a rare class', () => {
    const { notes } = evaluateScores({
      kind: 'binary-class',
      labels: [1, 0, 0, 0, 0, 0],
      scores: { shape: [6, 1], data: [0.6, 0.7, 0.3, 0.2, 0.5, 0.1] },
    });
    expect(notes.find((note) => note.startsWith('auc:'))).toMatch(/^auc: \d+ of 1000 resamples lack a class/);
  });

  it('keeps rare classes in every resample when stratified', () => {
    const { notes } = evaluateScores(
      {
        kind: 'binary-class',
        labels: [1, 0, 0, 0, 0, 0],
        scores: { shape: [6, 1], data: [0.6, 0.7, 0.3, 0.2, 0.5, 0.1] },
      },
      { stratified: true },
    );
    expect(notes).toEqual([]);
  });

  it('warns that the interval of a perfect AUC says nothing', () => {
    const { notes } = evaluateScores(
      { kind: 'binary-class', labels: [1, 1, 0, 0], scores: { shape: [4, 1], data: [0.9, 0.8, 0.3, 0.2] } },
      { stratified: true },
    );
    expect(notes[0]).toContain('auc: every resample gives 1');
  });

  it('keeps the two accuracies of a multi-label task apart', () => {
    const { metrics, confusion, labelConfusions } = evaluateScores(multiLabel);
    expect(metrics).toMatchObject({ acc: 7 / 8, acc_label_mean: 7 / 8, acc_subset: 3 / 4 });
    expect(metrics).not.toHaveProperty('kappa');
    expect(confusion).toBeNull();
    expect(labelConfusions).toEqual([
      [
        [3, 0],
        [0, 1],
      ],
      [
        [2, 1],
        [0, 1],
      ],
    ]);
  });

  it('leaves only Wilson intervals when no resamples are asked for', () => {
    expect(Object.keys(evaluateScores(example(), { bootstrap: 0 }).intervals)).toEqual(['acc']);
    expect(Object.keys(evaluateScores(multiLabel, { bootstrap: 0 }).intervals)).toEqual(['acc_subset']);
  });

  it('refuses options that do not fit', () => {
    expect(() => evaluateScores(multiLabel, { stratified: true })).toThrow('stratified: expected false');
    expect(() => evaluateScores(example(), { labelNames: ['a'] })).toThrow('labelNames: expected shape [3], got [1]');
    expect(() => evaluateScores(example(), { bootstrap: -1 })).toThrow('resamples');
  });
});

describe('baselineScores', () => {
  it('is the majority class of the training labels in ACC and chance in AUC', () => {
    const test = example();
    const scores = baselineScores('multi-class', [2, 2, 0, 1, 2], 3, 80);
    const { metrics } = evaluateScores({ ...test, scores }, { bootstrap: 0 });
    const share = Array.from(test.labels).filter((label) => label === 2).length / 80;
    expect(metrics).toMatchObject({ acc: share, auc: 0.5, balanced_accuracy: 1 / 3 });
  });

  it('is all zeros for multi-label tasks, which looks strong where findings are rare', () => {
    const scores = baselineScores(multiLabel.kind, [], 2, 4);
    const { metrics } = evaluateScores({ ...multiLabel, scores }, { bootstrap: 0 });
    expect(metrics).toMatchObject({ acc_label_mean: 0.75, acc_subset: 0.5, auc: 0.5 });
  });

  it('refuses labels out of range, and none', () => {
    expect(() => baselineScores('multi-class', [3], 3, 1)).toThrow('labels[0]: expected an integer in [0, 2], got 3');
    expect(() => baselineScores('binary-class', [], 2, 1)).toThrow('at least one label');
  });
});

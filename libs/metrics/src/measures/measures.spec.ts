import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCases } from '../cases.ts';
import { metricNames, metricStatistics } from '../metrics.ts';
import { oneVersusRest } from '../one-versus-rest.ts';
import { createRandomInt } from '../random.ts';
import { auc } from './auc.ts';
import { kappa } from './agreement.ts';
import { calibrationError, reliability } from './calibration.ts';
import { taskKinds, type TaskKind } from '@medlego/tasks';

const binary = (labels: number[], scores: number[]) =>
  parseCases({ kind: 'binary-class', labels, scores: { shape: [scores.length, 1], data: scores } });

/** n random cases with scores on a coarse grid, so that there are ties. */
function randomCases(kind: TaskKind, n: number, width: number, seed: number) {
  const random = createRandomInt(seed);
  const isLabelled = kind === 'multi-label, binary-class';
  return parseCases({
    kind,
    labels: Array.from({ length: isLabelled ? n * width : n }, () =>
      random(isLabelled || kind === 'binary-class' ? 2 : width),
    ),
    scores: { shape: [n, width], data: Array.from({ length: n * width }, () => random(11) / 10) },
  });
}

const binaryProblem = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 1 }),
    fc.integer({ min: 0, max: 8 }).map((k) => k / 8),
  ),
  {
    minLength: 2,
    maxLength: 40,
  },
);

describe('auc', () => {
  it('is the share of pairs in the right order, half for ties', () => {
    fc.assert(
      fc.property(binaryProblem, (pairs) => {
        const [labels, scores] = [pairs.map(([label]) => label), pairs.map(([, score]) => score)];
        const positives = scores.filter((_, at) => labels[at] === 1);
        const negatives = scores.filter((_, at) => labels[at] === 0);
        const wins = positives.flatMap((p) => negatives.map((q) => (p > q ? 1 : p === q ? 0.5 : 0)));
        const actual = auc(oneVersusRest(binary(labels, scores))[0]!)();
        if (wins.length === 0) expect(actual).toBeNull();
        else expect(actual).toBeCloseTo(wins.reduce<number>((sum, win) => sum + win, 0) / wins.length, 12);
      }),
    );
  });

  it('turns into 1 - auc when the scores are turned around', () => {
    fc.assert(
      fc.property(binaryProblem, (pairs) => {
        const labels = pairs.map(([label]) => label);
        const of = (scores: number[]) => auc(oneVersusRest(binary(labels, scores))[0]!)();
        const forward = of(pairs.map(([, score]) => score));
        fc.pre(forward !== null);
        expect(of(pairs.map(([, score]) => 1 - score))).toBeCloseTo(1 - forward!, 12);
      }),
    );
  });
});

describe('every metric', () => {
  it.each(taskKinds)('of %s gives the same number from counts as from cases written out that often', (kind) => {
    const width = kind === 'binary-class' ? 1 : 3;
    const cases = randomCases(kind, 60, width, 7);
    const random = createRandomInt(8);
    const counts = Uint16Array.from({ length: cases.n }, () => random(4));
    const rows = [...counts.keys()].flatMap((row) => Array.from({ length: counts[row]! }, () => row));
    const perCase = cases.labels.length / cases.n;
    const written = parseCases({
      kind,
      labels: rows.flatMap((row) => [...cases.labels.subarray(row * perCase, (row + 1) * perCase)]),
      scores: {
        shape: [rows.length, width],
        data: rows.flatMap((row) => [...cases.scores.subarray(row * width, (row + 1) * width)]),
      },
    });
    const expected = metricStatistics(written);
    const statistics = Object.entries(metricStatistics(cases));
    expect(statistics.length).toBeGreaterThan(8);
    for (const [name, statistic] of statistics)
      expect(statistic(counts), name).toBeCloseTo(expected[name as keyof typeof expected]!()!, 10);
  });

  it('has its place in the list of names', () => {
    for (const kind of taskKinds)
      for (const name of Object.keys(metricStatistics(randomCases(kind, 20, kind === 'binary-class' ? 2 : 3, 1))))
        expect(metricNames).toContain(name);
  });

  it('of a perfect classifier is at its best', () => {
    const cases = parseCases({
      kind: 'ordinal-regression',
      labels: [0, 1, 2, 1],
      scores: { shape: [4, 3], data: [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0] },
    });
    const values = Object.fromEntries(
      Object.entries(metricStatistics(cases)).map(([name, statistic]) => [name, statistic()]),
    );
    const { ece, log_loss, brier, ...others } = values;
    expect(Object.values(others)).toEqual(Array.from(Object.keys(others), () => 1));
    expect(ece).toBe(0);
    expect(brier).toBe(0);
    expect(log_loss).toBeCloseTo(0, 12);
  });
});

describe('kappa', () => {
  it('punishes a far mistake more than a near one when quadratic', () => {
    const near = { classes: 3, counts: Float64Array.from([4, 1, 0, 0, 5, 0, 0, 0, 5]) };
    const far = { classes: 3, counts: Float64Array.from([4, 0, 1, 0, 5, 0, 0, 0, 5]) };
    expect(kappa(near, { quadratic: true })!).toBeGreaterThan(kappa(far, { quadratic: true })!);
  });

  it('is undefined where truth and decisions are all one class', () => {
    expect(kappa({ classes: 2, counts: Float64Array.from([9, 0, 0, 0]) })).toBeNull();
  });
});

describe('calibration', () => {
  it('is the gap between confidence and accuracy, weighted by decisions', () => {
    // Confidences 0.9, 0.9 (one right) and 0.6, 0.6 (both right): (2 |0.5 - 0.9| + 2 |1 - 0.6|) / 4.
    const cases = binary([1, 0, 1, 0], [0.9, 0.9, 0.6, 0.4]);
    expect(calibrationError(cases)()).toBeCloseTo(0.4, 12);
  });

  it('puts a confidence at an upper edge into the bin below, and 1 into the last', () => {
    const bins = reliability(binary([1, 1], [0.8, 1]), 5);
    expect(bins.map((bin) => bin.count)).toEqual([0, 0, 0, 1, 1]);
    expect(bins[4]).toMatchObject({ lower: 0.8, upper: 1, confidence: 1, accuracy: 1 });
  });

  it('counts every label of a multi-label case as a decision', () => {
    const cases = parseCases({
      kind: 'multi-label, binary-class',
      labels: [1, 0, 0],
      scores: { shape: [1, 3], data: [0.9, 0.9, 0.1] },
    });
    expect(reliability(cases).reduce((sum, bin) => sum + bin.count, 0)).toBe(3);
  });
});

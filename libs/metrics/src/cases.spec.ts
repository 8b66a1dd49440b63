import { describe, expect, it } from 'vitest';
import { type CasesInput, parseCases } from './cases.ts';

const multiClass: CasesInput = {
  kind: 'multi-class',
  labels: [0, 2],
  scores: { shape: [2, 3], data: [0.5, 0.3, 0.2, 0.1, 0.1, 0.8] },
};

describe('parseCases', () => {
  it('copies, so that later writes to the input change nothing', () => {
    const data = Float32Array.from(multiClass.scores.data);
    const cases = parseCases({ ...multiClass, scores: { shape: [2, 3], data } });
    data.fill(0);
    expect(cases.scores[5]).toBeCloseTo(0.8, 6);
  });

  it('clamps what a float32 softmax rounds above 1', () => {
    const cases = parseCases({ kind: 'binary-class', labels: [1], scores: { shape: [1, 1], data: [1 + 1.2e-7] } });
    expect(cases.scores[0]).toBe(1);
  });

  it.each<[string, Partial<CasesInput>, object]>([
    ['an unknown kind', { kind: 'regression' as never }, { code: 'invalid_value', facts: { field: 'kind' } }],
    [
      'scores of one axis',
      { scores: { shape: [6], data: multiClass.scores.data } },
      { facts: { field: 'scores.shape' } },
    ],
    [
      'data that does not fill the shape',
      { scores: { shape: [2, 4], data: [1] } },
      { code: 'shape_mismatch', facts: { expected: [2, 4], actual: [1] } },
    ],
    [
      'no cases',
      { labels: [], scores: { shape: [0, 3], data: [] } },
      { facts: { field: 'scores', expected: 'at least one case' } },
    ],
    [
      'one column for three classes',
      { scores: { shape: [2, 1], data: [0.1, 0.2] } },
      { facts: { field: 'scores.shape[1]', actual: 1 } },
    ],
    [
      'too few labels',
      { labels: [0] },
      { code: 'shape_mismatch', facts: { param: 'labels', expected: [2], actual: [1] } },
    ],
    [
      'a label out of range',
      { labels: [0, 3] },
      { facts: { field: 'labels[1]', expected: 'an integer in [0, 2]', actual: 3 } },
    ],
    ['a fractional label', { labels: [0.5, 1] }, { facts: { field: 'labels[0]' } }],
    [
      'NaN scores',
      { scores: { shape: [2, 3], data: [0.5, NaN, 0.2, 0.1, 0.1, 0.8] } },
      { code: 'non_finite', facts: { index: 1 } },
    ],
    [
      'logits',
      { scores: { shape: [2, 3], data: [0.5, 0.3, 0.2, 0.1, 3.5, 0.8] } },
      { code: 'score_range', facts: { row: 1, column: 1, actual: 3.5 } },
    ],
    ['negative scores', { scores: { shape: [2, 3], data: [-0.5, 0.3, 0.2, 0.1, 0.1, 0.8] } }, { code: 'score_range' }],
    [
      'three columns for a binary task',
      { kind: 'binary-class', labels: [0, 1] },
      { facts: { field: 'scores.shape[1]', actual: 3 } },
    ],
    [
      'labels of a multi-label task given as classes',
      { kind: 'multi-label, binary-class' },
      { code: 'shape_mismatch', facts: { expected: [2, 3] } },
    ],
  ])('refuses %s', (_, change, expected) => {
    expect(() => parseCases({ ...multiClass, ...change })).toThrow(expect.objectContaining(nested(expected)));
  });
});

const nested = (expected: object): object =>
  Object.fromEntries(
    Object.entries(expected).map(([key, value]) => [
      key,
      key === 'facts' ? expect.objectContaining(value as object) : value,
    ]),
  );

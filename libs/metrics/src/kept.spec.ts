import { describe, expect, it } from 'vitest';
import { gainKept, retention, type TaskScores } from './kept.ts';

const row = (task: string, specialist: number, generalist: number, probe: number): TaskScores => ({
  task,
  specialist,
  generalist,
  probe,
});

/** Published accuracies of seven MedMNIST tasks: SVD-LoRA specialists, their merge, and a linear probe of the same ViT. */
const published = [
  row('blood', 0.991, 0.814, 0.9795),
  row('breast', 0.878, 0.872, 0.844),
  row('derma', 0.866, 0.739, 0.8201),
  row('organa', 0.968, 0.567, 0.9306),
  row('path', 0.945, 0.606, 0.9354),
  row('pneumonia', 0.872, 0.849, 0.883),
  row('retina', 0.655, 0.593, 0.6117),
];

describe('retention', () => {
  it('tells the mean of ratios from the ratio of means', () => {
    const { mean, ofMeans, perTask } = retention(published);
    expect(ofMeans).toBeCloseTo(0.816, 3);
    expect(mean).toBeCloseTo(0.825, 3);
    expect(perTask.organa).toBeCloseTo(0.567 / 0.968, 12);
  });

  it('is null without tasks and leaves out a specialist at zero', () => {
    expect(retention([])).toEqual({ mean: null, ofMeans: null, perTask: {} });
    expect(retention([row('a', 0, 0.5, 0.1), row('b', 0.8, 0.4, 0.1)])).toMatchObject({
      mean: 0.5,
      perTask: { a: null },
    });
  });
});

describe('gainKept', () => {
  it('is 1 for the specialists themselves and 0 for the probes', () => {
    const gaining = published.filter((task) => task.specialist > task.probe);
    expect(gainKept(gaining.map((task) => ({ ...task, generalist: task.specialist }))).pooled).toBeCloseTo(1, 12);
    expect(gainKept(gaining.map((task) => ({ ...task, generalist: task.probe }))).pooled).toBeCloseTo(0, 12);
  });

  it('leaves out, by name, the task whose specialist does not beat its probe', () => {
    const { counted, leftOut, pooled, perTask } = gainKept(published);
    expect(counted).toHaveLength(6);
    expect(leftOut).toEqual([{ task: 'pneumonia', reason: 'specialist 87.2 % does not beat its probe 88.3 %' }]);
    expect(perTask).not.toHaveProperty('pneumonia');
    // (4.191 - 5.1213) / (5.303 - 5.1213), by hand
    expect(pooled).toBeCloseTo(-5.12, 2);
  });

  it('does not count equal scores as a gain, and has no number without any', () => {
    expect(gainKept([row('a', 0.8, 0.8, 0.8)])).toMatchObject({ pooled: null, counted: [], leftOut: [{ task: 'a' }] });
  });

  it('names counted gains that may be chance', () => {
    const { uncertain } = gainKept([
      { ...row('sure', 0.9, 0.85, 0.8), specialistOverProbe: [0.05, 0.15] },
      { ...row('unsure', 0.82, 0.81, 0.8), specialistOverProbe: [-0.03, 0.07] },
    ]);
    expect(uncertain).toEqual(['unsure']);
  });

  it('refuses percentages', () => {
    expect(() => gainKept([row('a', 88, 0.8, 0.7)])).toThrow('a.specialist: expected a number in [0, 1], got 88');
  });
});

import { join } from 'node:path';
import { sharedFolder, workspaceRoot } from '@medlego/testing';
import { parseTask } from '@medlego/tasks';
import { describe, expect, it } from 'vitest';
import { createDataset, type Split } from '../dataset.ts';
import { openNpz } from '../sources/npz-source.ts';
import { checkDataset } from './check-dataset.ts';

const task = parseTask({ name: 'tiny', kind: 'multi-class', labels: ['a', 'b', 'c'] });

/** One-pixel images of the given values. */
const split = (values: number[], labels: number[]): Split => ({
  images: Uint8Array.from(values),
  count: values.length,
  height: 1,
  width: 1,
  channels: 1,
  labels: Int32Array.from(labels),
  labelWidth: 1,
});

const source = { format: 'memory', path: 'tiny', skipped: [] } as const;

describe('checkDataset', () => {
  const report = checkDataset(
    createDataset({
      task,
      source,
      splits: { train: split([1, 2, 3, 1, 1, 9], [0, 0, 1, 0, 0, 2]), val: split([4, 3, 2], [0, 2, 1]), test: split([5, 6, 1], [0, 1, 0]) },
    }),
  );

  it('counts images and classes', () => {
    expect(report.splits.map(({ split: name, count }) => [name, count])).toEqual([['train', 6], ['val', 3], ['test', 3]]);
    expect(report.splits[0]!.classes[0]).toEqual({ label: 'a', count: 4, share: 4 / 6 });
  });

  it('counts repeated images within a split', () => {
    expect(report.splits.map(({ duplicates }) => duplicates)).toEqual([2, 0, 0]);
  });

  it('finds images that two splits share, with their rows', () => {
    expect(report.leaks).toEqual([
      { splits: ['train', 'val'], images: 2, examples: [[1, 2], [2, 1]] },
      { splits: ['train', 'test'], images: 1, examples: [[0, 2]] },
    ]);
  });

  it('finds equal images with different labels', () => {
    expect(report.conflicts.sets).toBe(2);
    expect(report.conflicts.examples[0]!.map(({ label }) => label)).toEqual(['0', '1']);
  });

  it('says all of it in sentences, worst first', () => {
    expect(report.findings).toEqual([
      '2 sets of equal images carry different labels.',
      '2 images of train are also in val.',
      '1 images of train are also in test.',
      expect.stringMatching(/^test holds no image of c/),
      'train holds 2 repeated images.',
    ]);
  });

  it('has nothing to say about a clean set, and notes imbalance and empty splits', () => {
    const clean = { train: split([1, 2, 3], [0, 1, 2]), val: split([4, 5, 6], [0, 1, 2]), test: split([7, 8, 9], [0, 1, 2]) };
    expect(checkDataset(createDataset({ task, source, splits: clean })).findings).toEqual([]);
    const values = Array.from({ length: 44 }, (_, index) => index);
    const uneven = split(values, values.map((value) => (value < 40 ? 0 : value < 42 ? 1 : 2)));
    expect(checkDataset(createDataset({ task, source, splits: { train: uneven } })).findings).toEqual(['val holds no images.', 'test holds no images.', 'train has 20 times as many images of a as of c.']);
  });

  it('finds the known flaws of PneumoniaMNIST in the committed sample', async () => {
    const { leaks, splits, conflicts } = checkDataset(await openNpz(join(workspaceRoot(), 'data', 'pneumoniamnist.npz')));
    expect(leaks.map(({ splits: names, images }) => [...names, images])).toEqual([['train', 'val', 8]]);
    expect(splits.map(({ duplicates }) => duplicates)).toEqual([18, 0, 3]);
    expect(conflicts.sets).toBe(0);
  });

  const shared = sharedFolder('data');
  it.skipIf(!shared)('names the label that a split of the multi-label set lacks', async () => {
    const { kind, findings } = checkDataset(await openNpz(join(shared!, 'nihcxr14.npz')));
    expect(kind).toBe('multi-label, binary-class');
    expect(findings.join()).toMatch(/val holds no image of hernia/);
  });
});

import { describe, expect, it } from 'vitest';
import { assertLabels, classCounts, labelWidthOf, missingClasses } from './labels.ts';
import { targetsOf } from './targets.ts';

const at = { source: 'x.npz', split: 'train' };
const multiLabel = { kind: 'multi-label, binary-class', labels: ['a', 'b', 'c'] } as const;
const grades = { kind: 'ordinal-regression', labels: ['0', '1', '2'] } as const;
const task = <T extends { labels: readonly string[] }>({ labels, ...rest }: T) => ({ ...rest, labels: [...labels] });
const rows = (labels: number[], labelWidth: number) => ({ count: labels.length / labelWidth, labels: Int32Array.from(labels), labelWidth });

describe('labels', () => {
  it('are one index per row, or one column per label of a multi-label task', () => {
    expect(labelWidthOf(task(multiLabel))).toBe(3);
    expect(labelWidthOf(task(grades))).toBe(1);
  });

  it('are counted per class, and per label that an image carries', () => {
    expect(classCounts(task(grades), rows([0, 2, 2], 1))).toEqual([1, 0, 2]);
    expect(classCounts(task(multiLabel), rows([1, 0, 1, 1, 0, 0], 3))).toEqual([2, 0, 1]);
  });

  it('miss a class without images, and a label that all or none carry', () => {
    expect(missingClasses(task(grades), rows([0, 2, 2], 1))).toEqual(['1']);
    expect(missingClasses(task(multiLabel), rows([1, 0, 1, 1, 0, 0], 3))).toEqual(['a', 'b']);
  });

  it('name the label and the row of a value that is neither 0 nor 1', () => {
    expect(() => assertLabels(task(multiLabel), rows([1, 0, 1, 1, 2, 0], 3), at)).toThrow(/train row 1: expected 0 or 1 for b, got label 2/);
  });

  it('must not be negative, nor too few', () => {
    expect(() => assertLabels(task(grades), rows([0, -1], 1), at)).toThrow(/row 1.*got label -1/);
    expect(() => assertLabels(task(grades), { count: 3, labels: Int32Array.of(0, 1), labelWidth: 1 }, at)).toThrow(/3 images but 2 rows/);
  });

  it('become one-hot or multi-hot targets', () => {
    const images = { images: new Uint8Array(2), height: 1, width: 1, channels: 1 } as const;
    expect([...targetsOf(task(grades), { ...images, ...rows([2, 0], 1) })]).toEqual([0, 0, 1, 1, 0, 0]);
    expect([...targetsOf(task(multiLabel), { ...images, ...rows([1, 0, 1, 0, 0, 0], 3) })]).toEqual([1, 0, 1, 0, 0, 0]);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { float32 } from '@medlego/tensors';
import { ParameterLayout } from './parameter-layout.ts';

beforeAll(() => tf.setBackend('cpu'));

const tensors = { b: float32([2, 2], [3, 4, 5, 6]), a: float32([3], [0, 1, 2]), c: float32([1], [7]) };

describe('parameter layout', () => {
  it('lays tensors out by sorted name and gets them back', () => {
    const layout = new ParameterLayout(tensors);
    expect([...layout.flatten(tensors).data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(layout.unflatten(layout.flatten(tensors))).toEqual(tensors);
  });

  it('splits and joins tfjs vectors the same way', () => {
    const layout = new ParameterLayout(tensors);
    const split = layout.split(tf.tensor1d([0, 1, 2, 3, 4, 5, 6, 7]));
    expect(split['b']!.arraySync()).toEqual([
      [3, 4],
      [5, 6],
    ]);
    expect([...layout.join(split).dataSync()]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('names a missing tensor and a wrong shape', () => {
    const layout = new ParameterLayout(tensors);
    expect(() => layout.flatten({ a: tensors.a, c: tensors.c })).toThrow(/b is missing/);
    expect(() => layout.flatten({ ...tensors, a: float32([1], [0]) })).toThrow(/a: expected shape \[3\], got \[1\]/);
  });

  it('fills per-tensor values, or nothing where all are neutral', () => {
    const layout = new ParameterLayout(tensors);
    expect([...layout.fill((name) => (name === 'a' ? 0 : 1), 1)!.data]).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
    expect(layout.fill(() => 1, 1)).toBeNull();
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { countOps, expectSameNumbers } from '../../tests/rewritten.ts';
import { gaussian } from '../../tests/random.ts';
import { foldConstants } from './fold-constants.ts';
import { absorbScales } from './scales.ts';

const random = gaussian(4);
const inputs = { a: random([3, 4], 1), b: random([4, 5], 1) };
const constants = { bias: random([5], 1) };

describe('absorbScales', () => {
  it('gives numbers around a product to the product', async () => {
    const graph = await expectSameNumbers([absorbScales], {
      inputs,
      fn: ({ inputs: { a, b } }) => ({ outputs: { y: tf.mul(tf.matMul(tf.mul(a!, 3), tf.mul(0.5, b!)), 7) } }),
    });
    const [gemm] = [...graph.nodes];
    expect(countOps(graph)).toEqual({ Gemm: 1 });
    expect(gemm!.attributes['alpha']!.value).toBe(10.5);
  });

  it('scales a constant bias beforehand', async () => {
    const graph = await expectSameNumbers([absorbScales, foldConstants], {
      inputs,
      constants,
      fn: ({ inputs: { a, b }, constants: { bias } }) => ({
        outputs: { y: tf.mul(tf.add(tf.matMul(a!, b!), bias!), Math.SQRT1_2) },
      }),
    });
    expect(countOps(graph)).toEqual({ Gemm: 1, Add: 1 });
  });

  it('leaves a product that something else reads unscaled', async () => {
    const graph = await expectSameNumbers([absorbScales], {
      inputs,
      fn: ({ inputs: { a, b } }) => {
        const y = tf.matMul(a!, b!);
        return { outputs: { y, scaled: tf.mul(y, 3) } };
      },
    });
    expect(countOps(graph)).toEqual({ MatMul: 1, Mul: 1 });
  });

  it('leaves a number alone that makes the operand larger', async () => {
    await expectSameNumbers([absorbScales], {
      inputs: { a: random([1, 4], 1), b: random([4, 5], 1) },
      fn: ({ inputs: { a, b } }) => ({ outputs: { y: tf.matMul(tf.mul(a!, tf.fill([3, 4], 2)) as tf.Tensor2D, b!) } }),
    });
  });

  it('scales batched products only with the operator of ONNX Runtime', async () => {
    const batched = { a: random([2, 3, 4], 1), b: random([2, 4, 5], 1) };
    const testCase = {
      inputs: batched,
      fn: ({ inputs: { a, b } }: { inputs: Readonly<Record<string, tf.Tensor>> }) => ({
        outputs: { y: tf.mul(tf.matMul(a!, b!), 0.125) },
      }),
    };
    expect(countOps(await expectSameNumbers([absorbScales], testCase))).toEqual({ FusedMatMul: 1 });
    const standard = await expectSameNumbers([absorbScales], { ...testCase, options: { fuse: false } });
    expect(countOps(standard)).toEqual({ MatMul: 1, Mul: 1 });
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { countOps, expectSameNumbers } from '../../tests/rewritten.ts';
import { gaussian } from '../../tests/random.ts';
import { absorbAddends } from './addends.ts';
import { foldConstants } from './fold-constants.ts';
import { splitProducts } from './split-products.ts';
import { absorbTransposes } from './transposed-operands.ts';

const random = gaussian(8);
const rewrites = [absorbTransposes, splitProducts, absorbAddends, foldConstants];
const constants = { w: random([9, 4], 1), bias: random([9], 1) };
const inputs = { x: random([6, 4], 1), a: random([6, 3], 1), b: random([6, 3], 1), c: random([6, 3], 1) };

describe('splitProducts', () => {
  it('computes the parts of a fused projection one by one, from views of its weight', async () => {
    const graph = await expectSameNumbers(rewrites, {
      inputs,
      constants,
      fn: ({ inputs: { x }, constants: { w, bias } }) => {
        const [q, k, v] = tf.split(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true), bias!), 3, 1);
        return { outputs: { q: q!, k: k!, v: v! } };
      },
    });
    expect(countOps(graph)).toEqual({ Gemm: 3 });
    for (const { data } of graph.initializers.values())
      expect([constants.w.data.buffer, constants.bias.data.buffer]).toContain(data.buffer);
  });

  it('adds up the parts of its gradient without putting them side by side', async () => {
    const graph = await expectSameNumbers(rewrites, {
      inputs,
      constants,
      fn: ({ inputs: { a, b, c }, constants: { w } }) => ({
        outputs: { dx: tf.matMul(tf.concat([a!, b!, c!], 1) as tf.Tensor2D, w as tf.Tensor2D) },
      }),
    });
    expect(countOps(graph)['Concat']).toBeUndefined();
    expect((countOps(graph)['Gemm'] ?? 0) + (countOps(graph)['MatMul'] ?? 0)).toBe(3);
  });

  it('leaves a projection that something else reads whole, and weights that are not frozen', async () => {
    const graph = await expectSameNumbers(rewrites, {
      inputs: { ...inputs, w: constants.w },
      constants,
      fn: ({ inputs: { x, w }, constants: { w: frozen } }) => {
        const whole = tf.matMul(x as tf.Tensor2D, frozen as tf.Tensor2D, false, true);
        const [first] = tf.split(whole, 3, 1);
        const [, second] = tf.split(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true), 3, 1);
        return { outputs: { whole, first: first!, second: second! } };
      },
    });
    expect(countOps(graph)).toEqual({ Gemm: 2, Split: 2 });
  });
});

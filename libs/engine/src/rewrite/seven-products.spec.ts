import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { countOps, expectSameNumbers } from '../../tests/rewritten.ts';
import { gaussian } from '../../tests/random.ts';
import { absorbAddends } from './addends.ts';
import { absorbScales } from './scales.ts';
import { foldConstants } from './fold-constants.ts';
import { useSevenProducts } from './seven-products.ts';
import { absorbTransposes } from './transposed-operands.ts';

const random = gaussian(9);
const rewrites = [absorbTransposes, absorbScales, absorbAddends, foldConstants, useSevenProducts, foldConstants];
const inputs = { x: random([130, 1536], 1) };
const constants = { w: random([1536, 1536], 1 / 40), bias: random([1536], 1) };
// Entries are of size 1; errors are relative to the largest of them.
const tolerance = { rtol: 1e-5, atol: 2e-5 };
const options = { packed: true };
const count = (ops: Record<string, number>) => (ops['Gemm'] ?? 0) + (ops['MatMul'] ?? 0);

describe('useSevenProducts', () => {
  it('computes a large product with a frozen weight, in either orientation, from seven', async () => {
    for (const transposed of [false, true]) {
      const graph = await expectSameNumbers(rewrites, {
        inputs,
        constants,
        options,
        tolerance,
        fn: ({ inputs: { x }, constants: { w } }) => ({
          outputs: { y: tf.mul(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, transposed), 0.5) },
        }),
      });
      expect(count(countOps(graph)), `transposed: ${transposed}`).toBe(7);
    }
  });

  it('takes a bias along', async () => {
    const graph = await expectSameNumbers(rewrites, {
      inputs,
      constants,
      options,
      tolerance,
      fn: ({ inputs: { x }, constants: { w, bias } }) => ({
        outputs: { y: tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true), bias!) },
      }),
    });
    expect(count(countOps(graph))).toBe(7);
  });

  it('leaves small products, odd sizes, trainable weights and programs that share their weights alone', async () => {
    const product = ({
      inputs: { x, u },
      constants: { w },
    }: {
      inputs: Record<string, tf.Tensor>;
      constants: Record<string, tf.Tensor>;
    }) => ({
      outputs: { y: tf.matMul(x as tf.Tensor2D, (u ?? w) as tf.Tensor2D) },
    });
    const fn = product as Parameters<typeof expectSameNumbers>[1]['fn'];
    for (const testCase of [
      { fn, options, constants, inputs: { x: random([16, 1536], 1) } },
      { fn, options, constants, inputs: { x: random([131, 1536], 1) } },
      { fn, options, inputs: { ...inputs, u: constants.w } },
      { fn, options: {}, constants, inputs },
    ])
      expect(count(countOps(await expectSameNumbers(rewrites, { ...testCase, tolerance })))).toBe(1);
  });
});

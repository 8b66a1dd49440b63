import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { countOps, expectSameNumbers } from '../../tests/rewritten.ts';
import { gaussian } from '../../tests/random.ts';
import { absorbAddends } from './addends.ts';

const random = gaussian(5);
const inputs = {
  x: random([6, 4], 1),
  w: random([4, 5], 1),
  z: random([6, 2], 1),
  u: random([2, 5], 1),
  bias: random([5], 1),
};

describe('absorbAddends', () => {
  it('starts a product from its bias', async () => {
    const graph = await expectSameNumbers([absorbAddends], {
      inputs,
      fn: ({ inputs: { x, w, bias } }) => ({ outputs: { y: tf.add(bias!, tf.matMul(x!, w!)) } }),
    });
    expect(countOps(graph)).toEqual({ Gemm: 1 });
  });

  it('lets the product with the shorter sums go on from the other', async () => {
    const graph = await expectSameNumbers([absorbAddends], {
      inputs,
      fn: ({ inputs: { x, w, z, u, bias } }) => ({
        outputs: { y: tf.add(tf.add(tf.matMul(x!, w!), bias!), tf.matMul(z!, u!)) },
      }),
    });
    expect(countOps(graph)).toEqual({ Gemm: 2 });
    const last = graph.sorted().at(-1)!;
    expect(graph.info(last.inputs[0]!).shape).toEqual([6, 2]);
  });

  it('leaves a sum that makes the product larger, and a product that is read twice', async () => {
    const graph = await expectSameNumbers([absorbAddends], {
      inputs: { ...inputs, row: random([1, 4], 1), rows: random([6, 5], 1) },
      fn: ({ inputs: { x, w, row, rows } }) => {
        const y = tf.matMul(x!, w!);
        return { outputs: { larger: tf.add(tf.matMul(row!, w!), rows!), y, sum: tf.add(y, rows!) } };
      },
    });
    expect(countOps(graph)).toEqual({ MatMul: 2, Add: 2 });
  });
});

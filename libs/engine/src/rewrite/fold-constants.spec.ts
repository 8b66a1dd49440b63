import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { countOps, expectSameNumbers } from '../../tests/rewritten.ts';
import { gaussian } from '../../tests/random.ts';
import { foldConstants } from './fold-constants.ts';

const random = gaussian(6);
const inputs = { x: random([2, 3, 4], 1) };
const constants = { w: random([4, 3, 2], 1), row: random([1, 3, 1], 1) };

describe('foldConstants', () => {
  it('computes transposes, reshapes, slices, sums and products of constants beforehand', async () => {
    const graph = await expectSameNumbers([foldConstants], {
      inputs,
      constants,
      fn: ({ inputs: { x }, constants: { w, row } }) => {
        const turned = tf.transpose(w!, [2, 1, 0]); // [2, 3, 4]
        const scaled = tf.sub(tf.mul(turned, row!), tf.add(turned, 2));
        const cut = tf.slice(tf.reshape(w!, [2, 12]), [1, 3], [1, 4]); // [1, 4]
        return { outputs: { y: tf.add(x!, scaled), cut: tf.mul(x!, tf.tile(cut, [3, 1])) } };
      },
    });
    expect(countOps(graph)).toMatchObject({ Add: 1, Mul: 1 });
    for (const op of ['Transpose', 'Reshape', 'Slice', 'Sub']) expect(countOps(graph)[op], op).toBeUndefined();
  });

  it('gives rows of a constant as a view, without a copy', async () => {
    const graph = await expectSameNumbers([foldConstants], {
      inputs,
      constants,
      fn: ({ inputs: { x }, constants: { w } }) => ({
        outputs: { y: tf.matMul(tf.reshape(x!, [12, 2]), tf.reshape(tf.slice(w!, [1, 0, 0], [2, 3, 2]), [2, 6])) },
      }),
    });
    const views = [...graph.initializers.values()].filter(({ data }) => data.buffer === constants.w.data.buffer);
    expect(views.map(({ shape }) => shape)).toEqual([[2, 6]]);
  });

  it('does not blow up a constant that is spread over a large shape', async () => {
    const graph = await expectSameNumbers([foldConstants], {
      inputs: { x: random([1], 1) },
      constants: { row: random([1, 64], 1) },
      fn: ({ inputs: { x }, constants: { row } }) => ({
        outputs: { y: tf.concat([tf.tile(row!, [100, 1]), tf.fill([1, 64], 1)]), x: tf.neg(x!) },
      }),
    });
    expect(Math.max(...[...graph.initializers.values()].map(({ data }) => data.length))).toBeLessThan(6400);
  });
});

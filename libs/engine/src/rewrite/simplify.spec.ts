import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { countOps, expectSameNumbers } from '../../tests/rewritten.ts';
import { gaussian } from '../../tests/random.ts';
import { joinCommonSubexpressions } from './common-subexpressions.ts';
import { simplify } from './simplify.ts';

const random = gaussian(7);
const inputs = { x: random([2, 3, 4], 1) };

describe('simplify', () => {
  it('removes what changes nothing', async () => {
    const graph = await expectSameNumbers([simplify], {
      inputs,
      fn: ({ inputs: { x } }) => ({
        outputs: { y: tf.exp(tf.div(tf.sub(tf.mul(1, tf.add(tf.cast(x!, 'float32'), 0)), 0), 1)) },
      }),
    });
    expect(countOps(graph)).toEqual({ Exp: 1 });
  });

  it('joins chains of reshapes and of transposes', async () => {
    const graph = await expectSameNumbers([simplify], {
      inputs,
      fn: ({ inputs: { x } }) => ({
        outputs: {
          reshaped: tf.neg(tf.reshape(tf.reshape(tf.reshape(x!, [6, 4]), [24]), [4, 6])),
          back: tf.neg(tf.reshape(tf.reshape(x!, [6, 4]), [2, 3, 4])),
          turned: tf.neg(tf.transpose(tf.transpose(x!, [2, 0, 1]), [1, 0, 2])),
          same: tf.neg(tf.transpose(tf.transpose(x!, [2, 0, 1]), [1, 2, 0])),
        },
      }),
    });
    expect(countOps(graph)).toEqual({ Neg: 4, Reshape: 1, Transpose: 1 });
  });

  it('makes a reshape of a transpose that moves only axes of one element', async () => {
    const graph = await expectSameNumbers([simplify], {
      inputs: { x: random([2, 1, 4, 3], 1) },
      fn: ({ inputs: { x } }) => ({ outputs: { y: tf.neg(tf.transpose(x!, [0, 2, 1, 3])) } }),
    });
    expect(countOps(graph)).toEqual({ Neg: 1, Reshape: 1 });
  });

  it('keeps an addition of zeros that makes the result larger', async () => {
    const graph = await expectSameNumbers([simplify], {
      inputs,
      fn: ({ inputs: { x } }) => ({ outputs: { y: tf.add(x!, tf.tensor(new Float32Array(48), [2, 2, 3, 4])) } }),
    });
    expect(countOps(graph)).toEqual({ Add: 1 });
  });
});

describe('joinCommonSubexpressions', () => {
  it('computes equal things once', async () => {
    const graph = await expectSameNumbers([joinCommonSubexpressions], {
      inputs,
      fn: ({ inputs: { x } }) => {
        const [a, b] = tf.split(tf.exp(x!), 2, 0);
        const [c, d] = tf.split(tf.exp(x!), 2, 0);
        return {
          outputs: {
            y: tf.mul(tf.add(a!, tf.neg(d!)), tf.add(c!, tf.neg(b!))),
            sum: tf.sum(x!, 1),
            sums: tf.sum(x!, 2),
          },
        };
      },
    });
    expect(countOps(graph)).toEqual({ Exp: 1, Split: 1, Neg: 1, Add: 1, Mul: 1, ReduceSum: 2 });
  });
});

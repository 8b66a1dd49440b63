import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { countOps, expectSameNumbers } from '../../tests/rewritten.ts';
import { gaussian } from '../../tests/random.ts';
import { normalize } from '../nn/layer-norm.ts';
import { fuseNormalization } from './layer-norm.ts';

const random = gaussian(1);
const inputs = { x: random([3, 5, 8], 2), g: random([3, 5, 8], 1) };

describe('fuseNormalization', () => {
  it('makes one operator of a normalisation', async () => {
    const graph = await expectSameNumbers([fuseNormalization], {
      inputs,
      fn: ({ inputs: { x } }) => ({ outputs: { y: normalize(x!, 1e-6) } }),
    });
    expect(countOps(graph)).toEqual({ LayerNormalization: 1 });
  });

  it('lets the gradient use the inverse deviation that the operator computed', async () => {
    const graph = await expectSameNumbers([fuseNormalization], {
      inputs,
      fn: ({ inputs: { x, g } }) => ({ outputs: { dx: tf.grad((t) => normalize(t, 1e-6))(x!, g!) } }),
    });
    expect(countOps(graph)).toEqual({ LayerNormalization: 1, Mul: 3, ReduceMean: 2, Sub: 2 });
  });

  it('leaves a normalisation over another axis alone', async () => {
    const graph = await expectSameNumbers([fuseNormalization], {
      inputs,
      fn: ({ inputs: { x } }) => {
        const centred = tf.sub(x!, tf.mean(x!, 1, true));
        const variance = tf.mean(tf.square(centred), 1, true);
        return { outputs: { y: tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-6))) } };
      },
    });
    expect(countOps(graph)['LayerNormalization']).toBeUndefined();
  });
});

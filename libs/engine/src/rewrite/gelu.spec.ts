import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { countOps, expectSameNumbers } from '../../tests/rewritten.ts';
import { gaussian } from '../../tests/random.ts';
import { gelu } from '../nn/gelu.ts';
import { fuseGelu } from './gelu.ts';

const random = gaussian(2);
const inputs = { x: random([4, 9], 3), g: random([4, 9], 1) };

describe('fuseGelu', () => {
  it('makes one operator of GELU where no gradient is taken', async () => {
    const graph = await expectSameNumbers([fuseGelu], {
      inputs,
      fn: ({ inputs: { x } }) => ({ outputs: { y: gelu(x!) } }),
    });
    expect(countOps(graph)).toEqual({ Gelu: 1 });
  });

  it('keeps z and 1 + erf(z) where the gradient needs them, so that erf is computed once', async () => {
    const graph = await expectSameNumbers([fuseGelu], {
      inputs,
      fn: ({ inputs: { x, g } }) => {
        const { value, grad } = tf.valueAndGrad((t) => gelu(t))(x!, g!);
        return { outputs: { value, grad } };
      },
    });
    expect(countOps(graph)).toMatchObject({ Erf: 1, Exp: 1 });
    expect(countOps(graph)['Gelu']).toBeUndefined();
  });
});

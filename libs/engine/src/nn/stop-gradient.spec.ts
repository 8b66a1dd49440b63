import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { float32 } from '@medlego/tensors';
import { openTestEngines } from '../../tests/engines.ts';
import { openEngine } from '../devices/open-engine.ts';
import type { PureFunction } from '../engine.ts';
import { frozenBatchNorm } from './frozen-batch-norm.ts';
import { stopGradient } from './stop-gradient.ts';

const engines = [await openEngine({ engine: 'cpu' }), ...(await openTestEngines())];
afterAll(async () => {
  for (const engine of engines) await engine.dispose();
});

describe.each(engines.map((engine) => [engine.info.engine, engine] as const))('stopGradient on %s', (_, engine) => {
  const run = async (fn: PureFunction) => {
    const program = engine.compile({ name: 'gradient', fn });
    const { g } = await program.run({ x: float32([3], [1, -2, 3]) });
    await program.dispose();
    return Array.from(g!.data, Number);
  };

  it('is a constant for the gradient: x · stop(x) has the slope x, not 2 x', async () => {
    const slope = await run(({ inputs }) => ({
      outputs: { g: tf.grad((x) => tf.sum(tf.mul(x, stopGradient(x))))(inputs.x!) },
    }));
    expect(slope).toEqual([1, -2, 3]);
  });

  it('keeps the running statistics of a BatchNorm out of training', async () => {
    const ones = () => tf.ones([3]);
    const slopes = await run(({ inputs }) => {
      const loss = (mean: tf.Tensor, variance: tf.Tensor) => {
        const { scale, shift } = frozenBatchNorm({ weight: ones(), bias: ones(), mean, variance }, 1e-5);
        return tf.sum(tf.add(tf.mul(inputs.x!, scale), shift));
      };
      const grads = tf.grads(loss)([tf.neg(inputs.x!), tf.square(inputs.x!)]);
      return { outputs: { g: tf.concat(grads, 0) } };
    });
    expect(slopes.map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

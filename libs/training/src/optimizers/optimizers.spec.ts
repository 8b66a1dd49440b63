import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { adamW } from './adam-w.ts';
import { clipByGlobalNorm } from './clip.ts';
import type { Optimizer } from './optimizer.ts';
import { sgd } from './sgd.ts';

beforeAll(() => tf.setBackend('cpu'));

/** Runs `steps` updates on gradients of x ↦ Σ (x − 3)²/2. */
function run(
  optimizer: Optimizer,
  start: number[],
  steps: number,
  rate: number,
  extra: { decay?: number[]; rateFactors?: number[] } = {},
) {
  let parameters: tf.Tensor = tf.tensor1d(start);
  let slots: Readonly<Record<string, tf.Tensor>> = Object.fromEntries(
    Object.entries(optimizer.init(start.length)).map(([name, slot]) => [name, tf.tensor(slot.data, [...slot.shape])]),
  );
  for (let t = 1; t <= steps; t++) {
    const [c1, c2] = optimizer.biasCorrections(t);
    ({ parameters, slots } = optimizer.update({
      parameters,
      gradient: tf.sub(parameters, 3),
      slots,
      control: { learningRate: tf.scalar(rate), biasCorrection1: tf.scalar(c1), biasCorrection2: tf.scalar(c2) },
      decay: extra.decay && tf.tensor1d(extra.decay),
      rateFactors: extra.rateFactors && tf.tensor1d(extra.rateFactors),
    }));
  }
  return [...parameters.dataSync()];
}

/** The same by plain arithmetic in float64. */
function adamWByHand(start: number, steps: number, rate: number, decay: number): number {
  let [x, m, v] = [start, 0, 0];
  for (let t = 1; t <= steps; t++) {
    const g = x - 3;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    x -= rate * (m / (1 - 0.9 ** t) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8) + decay * x);
  }
  return x;
}

describe('optimizers', () => {
  it('adamw agrees with the algorithm written out in float64', () => {
    const start = [1, -2, 10];
    const actual = run(adamW(), start, 25, 0.05, { decay: [0.1, 0, 0.1] });
    start.forEach((x, i) => expect(actual[i]).toBeCloseTo(adamWByHand(x, 25, 0.05, i === 1 ? 0 : 0.1), 4));
  });

  it('adamw moves every parameter by the learning rate in its first step', () => {
    const [a, b] = run(adamW(), [2, 4], 1, 0.01);
    expect(a).toBeCloseTo(2.01, 5);
    expect(b).toBeCloseTo(3.99, 5);
  });

  it('sgd with momentum reaches the minimum', () => {
    run(sgd({ momentum: 0.5 }), [10, -10], 100, 0.1).forEach((x) => expect(x).toBeCloseTo(3, 3));
  });

  it('a rate factor of 0 holds a parameter, and 0.5 halves its step', () => {
    const [held, half, full] = run(adamW(), [0, 0, 0], 1, 0.1, { rateFactors: [0, 0.5, 1] });
    expect(held).toBe(0);
    expect(half).toBeCloseTo(full! / 2, 6);
  });

  it('clips to the wanted norm and leaves small gradients alone', () => {
    const { gradient, norm } = clipByGlobalNorm(tf.tensor1d([3, 4]), 1);
    expect(norm.dataSync()[0]).toBeCloseTo(5, 6);
    expect([...gradient.dataSync()]).toEqual([expect.closeTo(0.6, 5), expect.closeTo(0.8, 5)]);
    expect([...clipByGlobalNorm(tf.tensor1d([0.3, 0.4]), 1).gradient.dataSync()]).toEqual([
      expect.closeTo(0.3, 6),
      expect.closeTo(0.4, 6),
    ]);
  });

  it('lets a NaN through, so that the loop can see it', () => {
    const { norm } = clipByGlobalNorm(tf.tensor1d([NaN, 1]), 1);
    expect(norm.dataSync()[0]).toBeNaN();
  });
});

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '@medlego/engine';
import { float32 } from '@medlego/tensors';
import { sigmoidCrossEntropy, softmaxCrossEntropy, taskLoss } from './losses.ts';

beforeAll(() => tf.setBackend('cpu'));

const logits = [
  [2, -1, 0.5],
  [0, 0, 0],
  [-3, 4, 1],
];
const oneHot = [
  [1, 0, 0],
  [0, 0, 1],
  [0, 1, 0],
];
const logSumExp = (row: number[]) => Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));

describe('losses', () => {
  it('gives softmax cross-entropy as log-sum-exp minus the logit of the label', () => {
    const actual = softmaxCrossEntropy(tf.tensor2d(logits), tf.tensor2d(oneHot)).dataSync();
    logits.forEach((row, i) => expect(actual[i]).toBeCloseTo(logSumExp(row) - row[oneHot[i]!.indexOf(1)]!, 5));
  });

  it('spreads label smoothing evenly over the labels', () => {
    const actual = softmaxCrossEntropy(tf.tensor2d(logits), tf.tensor2d(oneHot), 0.3).dataSync();
    logits.forEach((row, i) => {
      const losses = row.map((z) => logSumExp(row) - z);
      const mean = losses.reduce((a, b) => a + b) / 3;
      expect(actual[i]).toBeCloseTo(0.7 * losses[oneHot[i]!.indexOf(1)]! + 0.3 * mean, 5);
    });
  });

  it('gives binary cross-entropy as the mean over labels, without overflow at large logits', () => {
    const actual = sigmoidCrossEntropy(tf.tensor2d([[200, -200, 0]]), tf.tensor2d([[0, 0, 1]])).dataSync();
    expect(actual[0]).toBeCloseTo((200 + 0 + Math.LN2) / 3, 4);
  });

  it('multiplies the loss of positive labels by their weight', () => {
    const z = tf.tensor2d([[0.3, -0.2]]);
    const plain = (targets: number[][]) => sigmoidCrossEntropy(z, tf.tensor2d(targets)).dataSync()[0]!;
    const weighted = (targets: number[][]) =>
      sigmoidCrossEntropy(z, tf.tensor2d(targets), 0, tf.tensor1d([5, 5])).dataSync()[0]!;
    expect(weighted([[1, 1]])).toBeCloseTo(5 * plain([[1, 1]]), 5);
    expect(weighted([[0, 0]])).toBeCloseTo(plain([[0, 0]]), 6);
  });

  it('ignores padding, whatever stands in it', () => {
    const real = taskLoss(tf.tensor2d(logits), tf.tensor2d(oneHot), tf.tensor1d([1 / 3, 1 / 3, 1 / 3]), {
      kind: 'multi-class',
    });
    const padded = taskLoss(
      tf.tensor2d([...logits, [9, 9, -9]]),
      tf.tensor2d([...oneHot, [0, 0, 0]]),
      tf.tensor1d([1 / 3, 1 / 3, 1 / 3, 0]),
      { kind: 'multi-class' },
    );
    expect(padded.dataSync()[0]).toBe(real.dataSync()[0]);
  });

  it('has the gradient softmax minus target', async () => {
    const engine = await openEngine({ engine: 'cpu' });
    const program = engine.compile({
      name: 'gradient',
      fn: ({ inputs }) => {
        const loss = (z: tf.Tensor) => tf.sum(softmaxCrossEntropy(z as tf.Tensor2D, inputs['targets'] as tf.Tensor2D));
        return { outputs: { gradient: tf.grad(loss)(inputs['z']!) } };
      },
    });
    const z = float32([3, 3], logits.flat());
    const { gradient } = await program.run({ z, targets: float32([3, 3], oneHot.flat()) });
    logits.forEach((row, i) =>
      row.forEach((value, c) => {
        const expected = Math.exp(value - logSumExp(row)) - oneHot[i]![c]!;
        expect(gradient!.data[3 * i + c]).toBeCloseTo(expected, 5);
      }),
    );
    await engine.dispose();
  });
});

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '@medlego/engine';
import { float32 } from '@medlego/tensors';
import { taskLoss } from '../losses.ts';
import { createObjective } from '../objective.ts';
import type { TaskShape } from '../targets.ts';
import { numbers } from '../testing/tiny.ts';
import { foreignTarget } from './joint-loss.ts';

beforeAll(() => tf.setBackend('cpu'));

const tasks: readonly TaskShape[] = [
  { kind: 'multi-class', labels: ['a', 'b', 'c'] },
  { kind: 'multi-label, binary-class', labels: ['x', 'y'] },
  { kind: 'binary-class', labels: ['no', 'yes'] },
];
const columns = 7;
const first = [0, 3, 5];
/** One row of each task, then another of the multi-label one. */
const rows = [
  { task: 0, own: [0, 1, 0] },
  { task: 1, own: [1, 0] },
  { task: 2, own: [0, 1] },
  { task: 1, own: [1, 1] },
];
const weights = [0.4, 0.1, 0.3, 0.2];
const next = numbers(3);
const logits = rows.map(() => Array.from({ length: columns }, () => 6 * next() - 3));
const targets = rows.map(({ task, own }) => {
  const row = new Array<number>(columns).fill(foreignTarget);
  own.forEach((value, i) => (row[first[task]! + i] = value));
  return row;
});
const positive = [1, 1, 1, 2, 0.5, 1, 1];

function joint(values: number[][], labelSmoothing: number) {
  const objective = createObjective(tasks, { labelSmoothing, positiveWeights: Float64Array.from(positive) });
  const constants = Object.fromEntries(
    Object.entries(objective.constants).map(([name, { data, shape }]) => [
      name,
      tf.tensor(data as Float32Array, [...shape]),
    ]),
  );
  return {
    objective,
    loss: (z: tf.Tensor) => objective.loss(z as tf.Tensor2D, tf.tensor2d(targets), tf.tensor1d(weights), constants),
    z: tf.tensor2d(values),
  };
}

describe('joint loss', () => {
  it.each([0, 0.2])("is the weighted sum of each row's own task loss (smoothing %d)", (labelSmoothing) => {
    const { objective, loss, z } = joint(logits, labelSmoothing);
    expect(objective.columns).toBe(columns);
    const expected = rows
      .map(({ task, own }, row) => {
        const cut = logits[row]!.slice(first[task], first[task]! + own.length);
        const factors = positive.slice(first[task], first[task]! + own.length);
        return taskLoss(
          tf.tensor2d([cut]),
          tf.tensor2d([own]),
          tf.tensor1d([weights[row]!]),
          { kind: tasks[task]!.kind, labelSmoothing },
          tf.tensor1d(factors),
        ).dataSync()[0]!;
      })
      .reduce((sum, value) => sum + value);
    expect(loss(z).dataSync()[0]).toBeCloseTo(expected, 5);
  });

  it("gives no gradient in other tasks' columns, however large their logits are", async () => {
    const loud = logits.map((row, i) => row.map((value, c) => (targets[i]![c] === foreignTarget ? 80 : value)));
    const objective = createObjective(tasks, { labelSmoothing: 0 });
    const engine = await openEngine({ intraOpThreads: 1 });
    const program = engine.compile({
      name: 'gradient of the joint loss',
      constants: objective.constants,
      fn: ({ constants, inputs }) => ({
        outputs: {
          gradient: tf.grad((z) =>
            objective.loss(
              z as tf.Tensor2D,
              inputs['targets'] as tf.Tensor2D,
              inputs['weights'] as tf.Tensor1D,
              constants,
            ),
          )(inputs['logits']!),
        },
      }),
    });
    const { gradient } = await program.run({
      logits: float32([4, columns], loud.flat()),
      targets: float32([4, columns], targets.flat()),
      weights: float32([4], weights),
    });
    await engine.dispose();
    const values = [...(gradient!.data as Float32Array)];
    values.forEach((value, i) => {
      expect(Number.isFinite(value)).toBe(true);
      if (targets.flat()[i] === foreignTarget) expect(value).toBeCloseTo(0, 10);
    });
    expect(values.some((value) => Math.abs(value) > 0.01)).toBe(true);
  });
});

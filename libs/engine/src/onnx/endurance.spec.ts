import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { float32, type NamedTensors } from '@medlego/tensors';
import {
  adapterWeights,
  headWeights,
  imageBatch,
  tinyVit,
  vitTrainStep,
  vitWeights,
  withAdamSlots,
} from '../../tests/small-vit.ts';
import { openEngine } from '../devices/open-engine.ts';

/** Resident bytes once the garbage is gone. */
async function settledBytes(): Promise<number> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().rss;
}

describe('the onnx engine over many steps', () => {
  it('keeps its memory flat over 15,000 steps', async () => {
    const engine = await openEngine({ engine: 'onnx', intraOpThreads: 1 });
    const size = 4096; // 16 kB: a step that kept one tensor would gain 80 MB in the second half
    const program = engine.compile({
      name: 'drift',
      fn: ({ state, inputs }) => ({
        outputs: { norm: tf.sum(tf.square(state.n!)), copy: state.n! },
        state: { n: tf.add(tf.mul(state.n!, 0.5), inputs.x!) },
      }),
    });
    const state = await engine.createState({ n: float32([size], new Float32Array(size)) });
    const x = { x: float32([size], new Float32Array(size).fill(1)) };
    const half = async () => {
      let last: NamedTensors = {};
      for (let i = 0; i < 5000; i++) last = await program.run(x, state);
      return Number(last.norm!.data[0]);
    };
    // A leak grows in every window; what an allocator or the compiler takes once does not come again.
    await half();
    const marks = [await settledBytes()];
    for (let window = 0; window < 2; window++) {
      expect(await half()).toBeCloseTo(4 * size, 0);
      marks.push(await settledBytes());
    }
    const grown = Math.min(marks[1]! - marks[0]!, marks[2]! - marks[1]!);
    expect(grown).toBeLessThan(8 * 2 ** 20);
    await state.dispose();
    await engine.dispose();
  });

  it('gives back what its sessions took', async () => {
    const engine = await openEngine({ engine: 'onnx', intraOpThreads: 1 });
    const constants = { w: float32([256, 512], new Float32Array(256 * 512).fill(0.01)) }; // 512 kB, copied into each session
    const open = async () => {
      const program = engine.compile({
        name: 'short-lived',
        constants,
        fn: ({ constants: { w }, inputs }) => ({
          outputs: { y: tf.matMul(inputs.x! as tf.Tensor2D, w as tf.Tensor2D) },
        }),
      });
      await program.run({ x: float32([4, 256], new Float32Array(1024)) });
      await program.dispose();
    };
    for (let i = 0; i < 20; i++) await open();
    const before = await settledBytes();
    for (let i = 0; i < 60; i++) await open();
    expect((await settledBytes()) - before).toBeLessThan(12 * 2 ** 20); // kept sessions would hold 30 MB and more
    await engine.dispose();
  });

  it.each([1, 2])('gives the same bytes twice, with %i threads', async (intraOpThreads) => {
    const train = async () => {
      const engine = await openEngine({ engine: 'onnx', intraOpThreads });
      const program = engine.compile({ name: 'step', constants: vitWeights(tinyVit, 1), fn: vitTrainStep(tinyVit) });
      const state = await engine.createState(
        withAdamSlots({ ...headWeights(tinyVit, 2), ...adapterWeights(tinyVit, 3) }),
      );
      for (let i = 0; i < 10; i++) await program.run(imageBatch(tinyVit, 8, i), state);
      const read = await state.read();
      await engine.dispose();
      return read;
    };
    const one = await train();
    const two = await train();
    for (const [name, tensor] of Object.entries(one))
      expect(Buffer.compare(Buffer.from(tensor.data.buffer), Buffer.from(two[name]!.data.buffer)), name).toBe(0);
  });

  it('reads large weights where the caller has them', async () => {
    const engine = await openEngine({ engine: 'onnx', intraOpThreads: 1 });
    const size = 2048;
    const constants = Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => [
        `w${i}`,
        float32([size, size], new Float32Array(size * size).fill(1e-4 * (i + 1))),
      ]),
    ); // 6 x 16 MB
    const before = await settledBytes();
    const program = engine.compile({
      name: 'wide',
      constants,
      fn: ({ constants: weights, inputs }) => ({
        outputs: { y: Object.values(weights).reduce((h, w) => tf.matMul(h, w), inputs.x!) },
      }),
    });
    const { y } = await program.run({ x: float32([8, size], new Float32Array(8 * size).fill(1)) });
    const expected = [1, 2, 3, 4, 5, 6].reduce((h, i) => h * size * 1e-4 * i, 1);
    expect(Number(y!.data[0]) / expected).toBeCloseTo(1, 4);
    expect((await settledBytes()) - before).toBeLessThan(40 * 2 ** 20);
    await engine.dispose();
  });
});

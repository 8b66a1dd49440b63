import { describe, expect, it } from 'vitest';
import * as ort from 'onnxruntime-node';
import * as tf from '@tensorflow/tfjs-core';
import { float32, hostTensor, type NamedTensors } from '@medlego/tensors';
import { expectClose } from '../../tests/compare.ts';
import { gaussian } from '../../tests/random.ts';
import { adapterWeights, headWeights, tinyVit, vitForward, vitWeights } from '../../tests/small-vit.ts';
import { openEngine } from '../devices/open-engine.ts';
import type { ProgramSpec } from '../engine.ts';
import { linear } from '../index.ts';
import { fromOrt, toOrt } from '../onnx/tensor.ts';
import { exportOnnx } from './export-onnx.ts';

const constants: NamedTensors = {
  ...vitWeights(tinyVit, 1),
  ...headWeights(tinyVit, 2),
  ...adapterWeights(tinyVit, 3),
};

/** pixel_values [n, 3, h, w] → logits [n, classes] and features [n, dim]. */
const serving: ProgramSpec = {
  name: 'serving',
  constants,
  fn: ({ constants: weights, inputs }) => {
    const features = vitForward(tinyVit, weights, weights, tf.transpose(inputs.pixel_values!, [0, 2, 3, 1]));
    return { outputs: { logits: linear(features, weights['head.weight']!, weights['head.bias']), features } };
  },
};

const pixels = (batch: number) => gaussian(batch)([batch, 3, tinyVit.imgSize, tinyVit.imgSize], 1);
const free = { pixel_values: { dtype: 'float32', dims: ['batch', 3, tinyVit.imgSize, tinyVit.imgSize] } } as const;

describe('exportOnnx', () => {
  it('writes a file that gives what the function gives, at every batch size', async () => {
    const session = await ort.InferenceSession.create(exportOnnx(serving, free));
    const cpu = await openEngine({ engine: 'cpu' });
    const program = cpu.compile(serving);
    for (const batch of [1, 2, 7]) {
      const expected = await program.run({ pixel_values: pixels(batch) });
      const actual = await session.run({ pixel_values: toOrt(pixels(batch)) });
      expect(Object.keys(actual).sort()).toEqual(['features', 'logits']);
      for (const [name, tensor] of Object.entries(expected))
        expectClose(fromOrt(actual[name] as ort.Tensor), tensor, { rtol: 1e-4, atol: 1e-5 }, name);
    }
    await cpu.dispose();
    await session.release();
  });

  it('names the free axis in the shapes of inputs and outputs', async () => {
    const session = await ort.InferenceSession.create(exportOnnx(serving, free));
    const shapeOf = (name: string) => {
      const metadata = [...session.inputMetadata, ...session.outputMetadata].find((entry) => entry.name === name);
      return metadata?.isTensor ? [...metadata.shape] : undefined;
    };
    expect(shapeOf('pixel_values')).toEqual(['batch', 3, 8, 8]);
    expect(shapeOf('logits')).toEqual(['batch', 3]);
    await session.release();
  });

  it('writes the same bytes twice', () => {
    expect(Buffer.compare(exportOnnx(serving, free), exportOnnx(serving, free))).toBe(0);
  });

  it('computes shapes that follow the free axis', async () => {
    const twice: ProgramSpec = {
      name: 'twice',
      fn: ({ inputs }) => ({ outputs: { y: tf.concat([inputs.x!, tf.zerosLike(inputs.x!)], 0), same: inputs.ids! } }),
    };
    const file = exportOnnx(twice, { x: { dtype: 'float32', dims: ['n', 2] }, ids: { dtype: 'uint8', dims: ['n'] } });
    const session = await ort.InferenceSession.create(file);
    const x = float32([3, 2], [1, 2, 3, 4, 5, 6]);
    const ids = hostTensor('uint8', [3], Uint8Array.of(7, 8, 9));
    const { y, same } = await session.run({ x: toOrt(x), ids: toOrt(ids) });
    expect([...(y!.data as Float32Array)]).toEqual([1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0]);
    expect([...(same!.data as Int32Array)]).toEqual([7, 8, 9]);
    await session.release();
  });

  it('works without a free axis', async () => {
    const spec: ProgramSpec = { name: 'square', fn: ({ inputs }) => ({ outputs: { y: tf.square(inputs.x!) } }) };
    const session = await ort.InferenceSession.create(exportOnnx(spec, { x: { dtype: 'float32', dims: [2] } }));
    const { y } = await session.run({ x: toOrt(float32([2], [2, 3])) });
    expect([...(y!.data as Float32Array)]).toEqual([4, 9]);
    await session.release();
  });

  it('refuses a shape that grows with the square of the free axis', () => {
    const spec: ProgramSpec = {
      name: 'pairs',
      fn: ({ inputs }) => {
        const n = inputs.x!.shape[0]!;
        const grid = tf.add(tf.reshape(inputs.x!, [n, 1]), tf.reshape(inputs.x!, [1, n]));
        return { outputs: { flat: tf.reshape(grid, [n * n]) } };
      },
    };
    expect(() => exportOnnx(spec, { x: { dtype: 'float32', dims: ['n'] } })).toThrow(/no multiple of the axis/);
  });

  it('refuses a function whose numbers depend on the batch size', () => {
    const spec: ProgramSpec = {
      name: 'mean over the batch',
      fn: ({ inputs }) => ({ outputs: { y: tf.div(tf.sum(inputs.x!), inputs.x!.shape[0]!) } }),
    };
    expect(() => exportOnnx(spec, { x: { dtype: 'float32', dims: ['batch'] } })).toThrow(/cannot have a free axis/);
  });

  it('refuses two free axes and an output named like an input', () => {
    const spec: ProgramSpec = { name: 'same', fn: ({ inputs }) => ({ outputs: { x: tf.neg(inputs.x!) } }) };
    expect(() => exportOnnx(spec, { x: { dtype: 'float32', dims: ['a', 'b'] } })).toThrow(/expected one free axis/);
    expect(() => exportOnnx(spec, { x: { dtype: 'float32', dims: [1] } })).toThrow(/output x/);
  });
});

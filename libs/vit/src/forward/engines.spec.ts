import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { openEngine, type EngineName, type PureFunction, type TensorMap } from '@medlego/engine';
import { float32, sizeOf, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { parseAdapterSpec } from '../adapters/adapter-spec.ts';
import { initAdapter } from '../adapters/init-adapter.ts';
import { targetModules } from '../adapters/modules.ts';
import { orthogonalityPenalty } from '../adapters/orthogonality.ts';
import { parseVitConfig } from '../config/vit-config.ts';
import { initHead, initParams } from '../params/init-params.ts';
import { RandomStream } from '../random/random-stream.ts';
import { golden, distance, readTensors } from '../../tests/support.ts';
import { forwardFeatures, headLogits } from './forward.ts';

const random = (name: string, shape: readonly number[], std: number) =>
  float32(shape, new RandomStream(8, name).normals(sizeOf(shape), std));

async function run(
  engine: EngineName,
  fn: PureFunction,
  given: { constants: NamedTensors; state?: NamedTensors; inputs: NamedTensors },
): Promise<NamedTensors> {
  const opened = await openEngine({ engine, intraOpThreads: 1 });
  try {
    const program = opened.compile({ name: 'vit', fn, constants: given.constants });
    return await program.run(given.inputs, given.state && (await opened.createState(given.state)));
  } finally {
    await opened.dispose();
  }
}

/** Differences relative to the largest entry: a gradient's scale is its own. */
const relative = (a: HostTensor, b: HostTensor) =>
  distance(a, b) / Math.max(1e-6, ...(b.data as Float32Array).map((value) => Math.abs(value)));

describe('on the onnx engine', () => {
  it("gives timm's logits as a compiled graph", async (context) => {
    const params = await readTensors(golden(context, 'models', 'rgb', 'timm.safetensors'));
    const io = await readTensors(golden(context, 'models', 'rgb', 'io.safetensors'));
    const config = parseVitConfig({ imgSize: 28, patchSize: 4, embedDim: 64, depth: 2, numHeads: 2 });
    const outputs = await run(
      'onnx',
      ({ constants, inputs }) => ({
        outputs: {
          logits: headLogits(
            forwardFeatures(config, constants, tf.transpose(inputs['images']!, [0, 2, 3, 1])),
            constants,
          ),
        },
      }),
      { constants: params, inputs: { images: io['images']! } },
    );
    expect(distance(outputs['logits']!, io['timm_logits']!)).toBeLessThan(1e-4);
  });

  const config = parseVitConfig({ imgSize: 8, patchSize: 4, embedDim: 12, depth: 3, numHeads: 3, mlpRatio: 2 });
  for (const kind of ['svd-lora', 'lora', 'full'] as const)
    it(`has the loss and gradients of the cpu engine for ${kind}`, async () => {
      const spec = parseAdapterSpec({ kind, alpha: 6, targetModules: [...targetModules] });
      const params = initParams(config, 0);
      const fresh = initAdapter(config, spec, { seed: 1, params });
      const adapter =
        kind === 'full'
          ? fresh
          : Object.fromEntries(Object.entries(fresh).map(([name, { shape }]) => [name, random(name, shape, 0.4)]));
      const names = Object.keys(adapter);
      const fn: PureFunction = ({ constants, state, inputs }) => {
        const loss = (...values: tf.Tensor[]): tf.Scalar => {
          const tensors: TensorMap = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
          const logits = headLogits(
            forwardFeatures(config, constants, inputs['images']!, { spec, tensors }),
            constants,
          );
          const score = tf.sum(tf.mul(logits, inputs['weights']!));
          return kind === 'svd-lora'
            ? tf.add(score, orthogonalityPenalty(tensors, { reduction: 'mean' }))
            : tf.sum(score);
        };
        const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => state[name]!));
        return { outputs: { loss: value, ...Object.fromEntries(names.map((name, i) => [name, grads[i]!])) } };
      };
      const given = {
        constants: { ...params, ...initHead(config, 2, 0) },
        state: adapter,
        inputs: { images: random('images', [2, 8, 8, 3], 1), weights: random('weights', [2, 2], 10) },
      };
      const [onnx, cpu] = [await run('onnx', fn, given), await run('cpu', fn, given)];
      expect(Object.keys(onnx).sort()).toEqual(Object.keys(cpu).sort());
      for (const name of Object.keys(cpu)) expect(relative(onnx[name]!, cpu[name]!), name).toBeLessThan(1e-3);
    });
});

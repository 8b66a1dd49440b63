import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { HostTensor, NamedTensors } from '@medlego/tensors';
import { expectClose } from '../../tests/compare.ts';
import { openTestEngines } from '../../tests/engines.ts';
import { gaussian } from '../../tests/random.ts';
import { openEngine } from '../devices/open-engine.ts';
import type { Engine, PureFunction } from '../engine.ts';
import { attention } from './attention.ts';
import { gelu } from './gelu.ts';
import { layerNorm, normalize } from './layer-norm.ts';
import { linear } from './linear.ts';

type Tensors = Readonly<Record<string, tf.Tensor>>;

interface Case {
  readonly title: string;
  readonly inputs: NamedTensors;
  readonly fn: (inputs: Tensors) => tf.Tensor;
  /** The same by elementary operations, whose gradients tfjs composes. */
  readonly reference: (inputs: Tensors) => tf.Tensor;
}

const random = gaussian(11);

const plainNorm = (x: tf.Tensor) => {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-6)));
};

const cases: readonly Case[] = [
  {
    title: 'normalize',
    inputs: { x: random([3, 4, 6], 2) },
    fn: ({ x }) => normalize(x!, 1e-6),
    reference: ({ x }) => plainNorm(x!),
  },
  {
    title: 'layerNorm',
    inputs: { x: random([3, 4, 6], 2), gamma: random([6], 1), beta: random([6], 1) },
    fn: ({ x, gamma, beta }) => layerNorm(x!, gamma!, beta!, 1e-6),
    reference: ({ x, gamma, beta }) => tf.add(tf.mul(plainNorm(x!), gamma!), beta!),
  },
  {
    title: 'gelu',
    inputs: { x: random([5, 7], 3) },
    fn: ({ x }) => gelu(x!),
    reference: ({ x }) => tf.mul(tf.mul(x!, 0.5), tf.add(tf.erf(tf.mul(x!, Math.SQRT1_2)), 1)),
  },
  {
    title: 'linear',
    inputs: { x: random([2, 3, 4], 1), w: random([5, 4], 1), b: random([5], 1) },
    fn: ({ x, w, b }) => linear(x!, w!, b),
    reference: ({ x, w, b }) =>
      tf.add(tf.reshape(tf.matMul(tf.reshape(x!, [6, 4]), tf.transpose(w!) as tf.Tensor2D), [2, 3, 5]), b!),
  },
  {
    title: 'attention with fewer queries than keys',
    inputs: { q: random([2, 3, 2, 4], 1), k: random([2, 3, 5, 4], 1), v: random([2, 3, 5, 4], 1) },
    fn: ({ q, k, v }) => attention(q!, k!, v!, 0.5),
    reference: ({ q, k, v }) => tf.matMul(tf.softmax(tf.mul(tf.matMul(q!, k!, false, true), 0.5)), v!),
  },
];

const engines = [await openEngine({ engine: 'cpu' }), ...(await openTestEngines())];
afterAll(async () => {
  for (const engine of engines) await engine.dispose();
});

/** Value, and the gradient of Σ c y with fixed Gaussian c: every element of the Jacobian counts. */
const valueAndGradients =
  (fn: Case['fn'], names: readonly string[], cotangent: HostTensor): PureFunction =>
  ({ inputs }) => {
    const weighted = (...xs: tf.Tensor[]) => {
      const y = fn(Object.fromEntries(names.map((name, i) => [name, xs[i]!])));
      return tf.sum(tf.mul(y, tf.tensor(cotangent.data as Float32Array, [...cotangent.shape]))) as tf.Scalar;
    };
    const grads = tf.grads(weighted)(names.map((name) => inputs[name]!));
    return { outputs: { y: fn(inputs), ...Object.fromEntries(names.map((name, i) => [`d${name}`, grads[i]!])) } };
  };

async function run(engine: Engine, fn: PureFunction, inputs: NamedTensors): Promise<NamedTensors> {
  const program = engine.compile({ name: 'nn', fn });
  try {
    return await program.run(inputs);
  } finally {
    await program.dispose();
  }
}

describe.each(cases)('$title', ({ inputs, fn, reference }) => {
  const names = Object.keys(inputs);
  const cpu = engines[0]!;
  const shapeOfResult = async () =>
    (await run(cpu, ({ inputs: given }) => ({ outputs: { y: reference(given) } }), inputs))['y']!.shape;

  it('has the value and the gradients of its formula on every engine', async () => {
    const cotangent = gaussian(12)(await shapeOfResult(), 1);
    const expected = await run(cpu, valueAndGradients(reference, names, cotangent), inputs);
    for (const engine of engines) {
      const actual = await run(engine, valueAndGradients(fn, names, cotangent), inputs);
      for (const [name, tensor] of Object.entries(expected))
        expectClose(actual[name]!, tensor, { rtol: 1e-4, atol: 2e-5 }, `${engine.info.engine} ${name}`);
    }
  });

  it('has the gradients of finite differences', async () => {
    const cotangent = gaussian(12)(await shapeOfResult(), 1);
    const program = cpu.compile({ name: 'value', fn: ({ inputs: given }) => ({ outputs: { y: fn(given) } }) });
    const weighted = async (given: NamedTensors) => {
      const { data } = (await program.run(given))['y']!;
      return (data as Float32Array).reduce((sum, y, i) => sum + y * (cotangent.data as Float32Array)[i]!, 0);
    };
    const exact = await run(cpu, valueAndGradients(fn, names, cotangent), inputs);
    for (const name of names) {
      const direction = gaussian(13)(inputs[name]!.shape, 1).data as Float32Array;
      const moved = (step: number) => ({
        ...inputs,
        [name]: {
          ...inputs[name]!,
          data: (inputs[name]!.data as Float32Array).map((value, i) => value + step * direction[i]!),
        } as HostTensor,
      });
      const step = 1e-2;
      const numeric = ((await weighted(moved(step))) - (await weighted(moved(-step)))) / (2 * step);
      const slope = (exact[`d${name}`]!.data as Float32Array).reduce((sum, g, i) => sum + g * direction[i]!, 0);
      expect(Math.abs(slope - numeric), `${name}: ${slope} and ${numeric}`).toBeLessThan(
        2e-3 * Math.max(1, Math.abs(slope)),
      );
    }
    await program.dispose();
  });
});

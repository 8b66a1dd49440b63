import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { float32, sizeOf, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { kernelCases } from '../../tests/cases/index.ts';
import { titleOf, type KernelCase } from '../../tests/cases/kernel-case.ts';
import { expectClose } from '../../tests/compare.ts';
import { openTestEngines } from '../../tests/engines.ts';
import { gaussian } from '../../tests/random.ts';
import { openEngine } from '../devices/open-engine.ts';
import type { Engine, PureFunction } from '../engine.ts';
import { gradients } from '../gradients/index.ts';
import { withTfBackend } from '../trace/with-tf-backend.ts';
import { traceKernels } from './index.ts';

const cpu = await openEngine({ engine: 'cpu' });
const engines = await openTestEngines();
const tolerance = { rtol: 1e-4, atol: 1e-5 };

afterAll(async () => {
  for (const engine of [cpu, ...engines]) await engine.dispose();
});

const list = (result: tf.Tensor | tf.Tensor[]) => (Array.isArray(result) ? result : [result]);

async function runOnce(engine: Engine, name: string, fn: PureFunction, inputs: NamedTensors): Promise<NamedTensors> {
  const program = engine.compile({ name, fn });
  try {
    return await program.run(inputs);
  } finally {
    await program.dispose();
  }
}

const valuesOf =
  ({ fn }: KernelCase): PureFunction =>
  ({ inputs }) => ({ outputs: Object.fromEntries(list(fn(inputs)).map((y, i) => [`y${i}`, y])) });

/** Σ c y over all results with fixed Gaussian c: every element of the Jacobian counts. */
function cotangents(results: NamedTensors): Record<string, HostTensor> {
  const random = gaussian(99);
  return Object.fromEntries(Object.entries(results).map(([name, { shape }]) => [`c/${name}`, random(shape, 1)]));
}

const gradientsOf =
  ({ fn, wrt = [] }: KernelCase): PureFunction =>
  ({ inputs }) => {
    const weighted = (...xs: tf.Tensor[]) =>
      list(fn({ ...inputs, ...Object.fromEntries(wrt.map((name, i) => [name, xs[i]!])) }))
        .map((y, i) => tf.sum(tf.mul(y, inputs[`c/y${i}`]!)))
        .reduce((sum, term) => tf.add(sum, term));
    const grads = tf.grads(weighted)(wrt.map((name) => inputs[name]!));
    return { outputs: Object.fromEntries(wrt.map((name, i) => [name, grads[i]!])) };
  };

function withElement(tensor: HostTensor, index: number, change: number): HostTensor {
  return float32(
    tensor.shape,
    (tensor.data as Float32Array).with(index, (tensor.data as Float32Array)[index]! + change),
  );
}

/** Central differences in float32. A step of 2^-7 balances rounding (ε / h ≈ 1e-5) with the error of the formula (h² f''' / 6 ≈ 1e-5 f'''). */
async function finiteDifferences(
  engine: Engine,
  testCase: KernelCase,
  c: Record<string, HostTensor>,
  name: string,
): Promise<HostTensor> {
  const step = 2 ** -7;
  const program = engine.compile({ name: titleOf(testCase), fn: valuesOf(testCase) });
  const total = async (inputs: NamedTensors) => {
    const results = await program.run(inputs);
    let sum = 0;
    for (const [key, { data }] of Object.entries(results))
      for (let i = 0; i < data.length; i++) sum += Number(data[i]) * Number(c[`c/${key}`]!.data[i]);
    return sum;
  };
  const x = testCase.inputs[name]!;
  const slopes = new Float32Array(sizeOf(x.shape));
  for (let i = 0; i < slopes.length; i++) {
    const up = await total({ ...testCase.inputs, [name]: withElement(x, i, step) });
    const down = await total({ ...testCase.inputs, [name]: withElement(x, i, -step) });
    slopes[i] = (up - down) / (2 * step);
  }
  await program.dispose();
  return float32(x.shape, slopes);
}

describe.each(engines.map((engine) => [engine.info.engine, engine] as const))('kernels on %s', (_, engine) => {
  const cases = kernelCases.filter(({ notOnTensorflow }) => !notOnTensorflow || engine.info.engine !== 'tensorflow');
  it.each(cases.map((testCase) => [titleOf(testCase), testCase] as const))(
    '%s gives what cpu gives',
    async (title, testCase) => {
      const expected = await runOnce(cpu, title, valuesOf(testCase), testCase.inputs);
      const actual = await runOnce(engine, title, valuesOf(testCase), testCase.inputs);
      expect(Object.keys(actual)).toEqual(Object.keys(expected));
      for (const [name, tensor] of Object.entries(expected)) expectClose(actual[name]!, tensor, tolerance, name);
    },
  );

  const differentiable = cases.filter(({ wrt }) => wrt);
  it.each(differentiable.map((testCase) => [titleOf(testCase), testCase] as const))(
    '%s has the gradient that cpu has',
    async (title, testCase) => {
      const c = cotangents(await runOnce(cpu, title, valuesOf(testCase), testCase.inputs));
      const given = { ...testCase.inputs, ...c };
      const expected = await runOnce(cpu, title, gradientsOf(testCase), given);
      const actual = await runOnce(engine, title, gradientsOf(testCase), given);
      for (const name of testCase.wrt!) expectClose(actual[name]!, expected[name]!, tolerance, name);
    },
  );
});

describe('gradients', () => {
  const differentiable = kernelCases.filter(({ wrt }) => wrt);
  it.each(differentiable.map((testCase) => [titleOf(testCase), testCase] as const))(
    'of %s are the slopes that finite differences find',
    async (title, testCase) => {
      const c = cotangents(await runOnce(cpu, title, valuesOf(testCase), testCase.inputs));
      const found = await runOnce(cpu, title, gradientsOf(testCase), { ...testCase.inputs, ...c });
      for (const name of testCase.wrt!)
        expectClose(found[name]!, await finiteDifferences(cpu, testCase, c, name), { rtol: 5e-3, atol: 2e-3 }, name);
    },
  );
});

describe('the list of cases', () => {
  it('has a case for every kernel that can be compiled, and the case runs that kernel', async () => {
    const covered = new Set<string>();
    for (const testCase of kernelCases) {
      const { kernelNames } = await withTfBackendAsync('cpu', () =>
        tf.profile(() => {
          const inputs = Object.fromEntries(
            Object.entries(testCase.inputs).map(([name, { dtype, shape, data }]) => [
              name,
              tf.tensor(data as Float32Array, [...shape], dtype as 'float32'),
            ]),
          );
          return tf.tidy(() => list(testCase.fn(inputs))[0]!);
        }),
      );
      if (kernelNames.includes(testCase.kernel)) covered.add(testCase.kernel);
    }
    expect(traceKernels.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
  });

  it('differentiates every kernel that has a slope', () => {
    const covered = new Set(kernelCases.filter(({ wrt }) => wrt).map(({ kernel }) => kernel));
    const flat = [tf.FloorDiv, tf.OneHot, tf.ArgMax, tf.ArgMin, ...comparisonNames];
    expect(
      gradients.map(({ kernelName }) => kernelName).filter((name) => !covered.has(name) && !flat.includes(name)),
    ).toEqual([]);
  });
});

const comparisonNames: string[] = [tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual, tf.Equal, tf.NotEqual];

const withTfBackendAsync = async <T>(name: string, run: () => Promise<T>): Promise<T> => withTfBackend(name, run);

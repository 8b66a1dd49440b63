import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { float32 } from '@medlego/tensors';
import { registerGradients } from '../gradients/index.ts';
import type { PureFunction } from '../engine.ts';
import { removeDeadCode } from '../rewrite/dead-code.ts';
import { traceProgram } from './trace.ts';

beforeAll(registerGradients);

const x = { x: { dtype: 'float32', shape: [2, 3] } } as const;
const trace = (fn: PureFunction, constants = {}) =>
  traceProgram({ spec: { name: 'program', fn, constants }, inputs: x, state: {} });
const opsOf = (fn: PureFunction) => {
  const graph = trace(fn);
  removeDeadCode(graph);
  return graph.sorted().map(({ op }) => op);
};

describe('traceProgram', () => {
  it('records operators and computes nothing', () => {
    expect(opsOf(({ inputs }) => ({ outputs: { y: tf.exp(tf.add(inputs.x!, 1)) } }))).toEqual(['Add', 'Exp']);
  });

  it('borrows the data of constants', () => {
    const w = float32([3], [1, 2, 3]);
    const graph = trace(({ constants, inputs }) => ({ outputs: { y: tf.mul(inputs.x!, constants.w!) } }), { w });
    expect(graph.constantOf('w/w')!.data).toBe(w.data);
  });

  it('records nothing for clones, and one constant for numbers that are equal', () => {
    const graph = trace(({ inputs }) => ({ outputs: { y: tf.mul(tf.add(tf.clone(inputs.x!), 2), 2) } }));
    expect([...graph.nodes].map(({ op }) => op)).toEqual(['Add', 'Mul']);
    expect(graph.initializers.size).toBe(1);
  });

  it('does not fill tensors with one number where broadcasting does', () => {
    expect(opsOf(({ inputs }) => ({ outputs: { y: tf.mul(inputs.x!, tf.fill([2, 3], 5)) } }))).toEqual(['Mul']);
    expect(opsOf(({ inputs }) => ({ outputs: { y: tf.grad((t) => tf.sum(t))(inputs.x!) } }))).toEqual([
      'Reshape',
      'Expand',
    ]);
  });

  it('names the kernel that cannot be compiled, and the program', () => {
    const unknown: PureFunction = ({ inputs }) => ({
      outputs: { y: tf.localResponseNormalization(tf.reshape(inputs.x!, [1, 1, 2, 3]) as tf.Tensor4D) },
    });
    expect(() => trace(unknown)).toThrow(/^program: kernel LRN cannot be compiled/);
    expect(() => trace(unknown)).toThrow(
      expect.objectContaining({ code: 'unsupported_kernel', facts: { kernel: 'LRN', program: 'program' } }),
    );
  });

  it('names the use of a kernel that cannot be compiled', () => {
    const batched: PureFunction = ({ inputs }) => ({
      outputs: { y: tf.gather(inputs.x!, tf.zeros([2, 1], 'int32') as unknown as tf.Tensor1D, 1, 1) },
    });
    expect(() => trace(batched)).toThrow(/kernel GatherV2 cannot be compiled \(batchDims 1\)/);
  });

  it('refuses to read values, but not those of numbers that the function wrote', () => {
    expect(() => trace(({ inputs }) => ({ outputs: { y: tf.scalar(inputs.x!.dataSync()[0]!) } }))).toThrow(
      /^program: reads the values of a tensor/,
    );
    expect(() => trace(() => ({ outputs: { y: tf.scalar(tf.scalar(3).dataSync()[0]!) } }))).not.toThrow();
  });

  it('refuses tensors that were made outside, and those of another trace', () => {
    let smuggled: tf.Tensor | undefined;
    trace(({ inputs }) => {
      smuggled = inputs.x!;
      return { outputs: { y: inputs.x! } };
    });
    expect(() => trace(({ inputs }) => ({ outputs: { y: tf.add(inputs.x!, smuggled!) } }))).toThrow(
      /^program: uses a tensor that was made outside of it|disposed/,
    );
    const captured = tf
      .engine()
      .makeTensorFromTensorInfo({ dataId: {}, shape: [2, 3], dtype: 'float32' }, new tf.KernelBackend());
    expect(() => trace(({ inputs }) => ({ outputs: { y: tf.add(inputs.x!, captured) } }))).toThrow(
      /made outside of it/,
    );
  });

  it('refuses tf.variable, which outlives the function', () => {
    expect(() => trace(({ inputs }) => ({ outputs: { y: tf.variable(inputs.x!) } }))).toThrow(
      /leaves \d tensors behind/,
    );
    tf.disposeVariables();
  });

  it('refuses a trace inside a trace', () => {
    expect(() =>
      trace(({ inputs }) => {
        trace((inner) => ({ outputs: inner.inputs }));
        return { outputs: inputs };
      }),
    ).toThrow(/traced inside the trace of program/);
  });

  it('is over after a failure: the next trace starts clean', () => {
    expect(() => trace(() => { throw new Error('oops'); })).toThrow('oops'); // prettier-ignore
    expect(opsOf(({ inputs }) => ({ outputs: { y: tf.neg(inputs.x!) } }))).toEqual(['Neg']);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { countOps, expectSameNumbers } from '../../tests/rewritten.ts';
import { gaussian } from '../../tests/random.ts';
import type { PureFunction } from '../engine.ts';
import { absorbTransposes } from './transposed-operands.ts';

const random = gaussian(3);
const matrices = { a: random([4, 3], 1), b: random([5, 4], 1) };
const batched = { a: random([2, 3, 4, 6], 1), b: random([2, 3, 5, 4], 1) };
const product: PureFunction = ({ inputs: { a, b } }) => ({ outputs: { y: tf.matMul(a!, b!, true, true) } });

describe('absorbTransposes', () => {
  it('reads transposed matrices as they are', async () => {
    const graph = await expectSameNumbers([absorbTransposes], { inputs: matrices, fn: product });
    expect(countOps(graph)).toEqual({ Gemm: 1 });
  });

  it('does so for batched products with the operator of ONNX Runtime', async () => {
    const graph = await expectSameNumbers([absorbTransposes], { inputs: batched, fn: product });
    expect(countOps(graph)).toEqual({ FusedMatMul: 1 });
  });

  it('keeps to standard operators when asked to', async () => {
    const graph = await expectSameNumbers([absorbTransposes], {
      inputs: batched,
      fn: product,
      options: { fuse: false },
    });
    expect(countOps(graph)).toEqual({ Transpose: 2, MatMul: 1 });
  });

  it('turns a transpose of a transposed operand back', async () => {
    const graph = await expectSameNumbers([absorbTransposes, absorbTransposes], {
      inputs: { a: random([3, 4], 1), b: random([4, 5], 1) },
      fn: ({ inputs: { a, b } }) => ({ outputs: { y: tf.matMul(tf.transpose(a!) as tf.Tensor2D, b!, true, false) } }),
    });
    expect([...graph.nodes].map(({ op, attributes }) => [op, attributes])).toEqual([['Gemm', {}]]);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { float32, hostTensor } from '@medlego/tensors';
import { openEngine } from '../devices/open-engine.ts';

it('a call that fails in ONNX Runtime is a typed error, leaves the state as it was, and the next call works', async () => {
  const engine = await openEngine({ engine: 'onnx', intraOpThreads: 1 });
  const program = engine.compile({
    name: 'pick',
    fn: ({ state, inputs }) => {
      const picked = tf.gather(state.n!, inputs.at as tf.Tensor1D);
      return { outputs: { picked }, state: { n: tf.add(state.n!, 1) } };
    },
  });
  const state = await engine.createState({ n: float32([3], [1, 2, 3]) });
  const at = (index: number) => ({ at: hostTensor('int32', [1], Int32Array.of(index)) });
  await expect(program.run(at(10), state)).rejects.toMatchObject({
    code: 'graph_execution',
    facts: { program: 'pick', phase: 'run' },
    message: expect.stringMatching(/out of data bounds|out of range|indices/) as string,
  });
  expect(Array.from((await state.read()).n!.data, Number)).toEqual([1, 2, 3]);
  expect(Array.from((await program.run(at(2), state)).picked!.data, Number)).toEqual([3]);
  expect(Array.from((await state.read()).n!.data, Number)).toEqual([2, 3, 4]);
  await engine.dispose();
});

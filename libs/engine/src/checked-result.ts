import * as tf from '@tensorflow/tfjs-core';
import { TraceError } from '@medlego/errors';
import type { PureResult } from './engine.ts';
import type { ValueInfo } from './ir/types.ts';

/** Checks what a pure function returned against the state that it was given. @throws TraceError */
export function assertPureResult(
  program: string,
  result: PureResult | undefined,
  state: Readonly<Record<string, ValueInfo>>,
): void {
  const fail = (problem: string): never => {
    throw new TraceError({ program, problem });
  };
  if (!result?.outputs) fail('returned no outputs; expected { outputs, state? }');
  for (const [name, output] of Object.entries(result!.outputs))
    if (!(output instanceof tf.Tensor)) fail(`returned output ${name}, which is not a tensor`);
  for (const [name, next] of Object.entries(result!.state ?? {})) {
    const expected = state[name];
    if (!expected) fail(`returned state ${name}, which it was not given`);
    if (!(next instanceof tf.Tensor)) fail(`returned state ${name}, which is not a tensor`);
    if (expected!.dtype !== next.dtype || expected!.shape.join() !== next.shape.join())
      fail(`returned state ${name} as ${describe(next as ValueInfo)}, expected ${describe(expected!)}`);
  }
}

const describe = ({ dtype, shape }: ValueInfo) => `${dtype} [${shape.join(', ')}]`;

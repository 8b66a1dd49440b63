import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, type TestContext } from 'vitest';
import { float32, readSafetensors, type HostTensor, type NamedTensors } from '@medlego/tensors';

/** The golden files of other libraries, beside the repository; its README says what each holds. */
const interop = join(import.meta.dirname, '../../../../shared/interop');

/** Path of a golden file; skips the test, loudly, where the folder is not there. */
export function golden(context: TestContext, ...path: string[]): string {
  const full = join(interop, ...path);
  if (!existsSync(full)) {
    console.warn(`skipped "${context.task.name}": no golden file ../shared/interop/${path.join('/')}`);
    context.skip();
  }
  return full;
}

export const readTensors = async (path: string): Promise<NamedTensors> => (await readSafetensors(path)).tensors;

/** To tfjs, on its current backend. */
export const toTensor = (tensor: HostTensor): tf.Tensor =>
  tf.tensor(tensor.data as Float32Array, [...tensor.shape], 'float32');

export const toTensorMap = (tensors: NamedTensors): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toTensor(tensor)]));

/** [B, C, H, W], as the Python world has images, to our [B, H, W, C]. */
export const toChannelsLast = (images: HostTensor): tf.Tensor => tf.transpose(toTensor(images), [0, 2, 3, 1]);

/** To main memory, and the tensor is gone. */
export function take(tensor: tf.Tensor): HostTensor<'float32'> {
  const data = tensor.dataSync() as Float32Array;
  tensor.dispose();
  return float32(tensor.shape, data);
}

/** Largest absolute difference; shapes must agree. */
export function distance(a: HostTensor, b: HostTensor): number {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [a.data as Float32Array, b.data as Float32Array];
  return x.reduce((worst, value, i) => Math.max(worst, Math.abs(value - y[i]!)), 0);
}

/** Runs a function and expects as many tensors afterwards as before, but for the `kept` ones it returns. */
export function expectNoLeakedTensors<T>(fn: () => T, kept: number): T {
  const before = tf.memory().numTensors;
  const result = fn();
  expect(tf.memory().numTensors - before).toBe(kept);
  return result;
}

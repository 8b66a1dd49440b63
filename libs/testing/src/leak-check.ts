import { assert } from 'vitest';

/** The part of tfjs that counts tensors: pass `tf` itself. */
export interface TensorCounter {
  memory(): { readonly numTensors: number };
}

/**
 * Runs `body` and fails if it leaves more, or fewer, tensors behind than `allowed` says: tensors that it returns belong to
 * the caller, so `allowed` is their number.
 *
 * ```ts
 * const y = await expectNoLeakedTensors(tf, () => layerNorm(x, gamma, beta, 1e-6), { allowed: 1 });
 * ```
 */
export async function expectNoLeakedTensors<T>(
  tf: TensorCounter,
  body: () => T | Promise<T>,
  { allowed = 0 }: { readonly allowed?: number } = {},
): Promise<T> {
  const before = tf.memory().numTensors;
  const result = await body();
  const left = tf.memory().numTensors - before;
  assert.equal(left, allowed, `expected ${allowed} tensors to be left, got ${left}`);
  return result;
}

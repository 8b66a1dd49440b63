import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs `fn` with a tfjs backend and puts the old one back. tfjs sets a ready backend before the promise of setBackend is
 * returned, so this is safe as long as `fn` is synchronous.
 */
export function withTfBackend<T>(name: string, fn: () => T): T {
  const engine = tf.engine();
  const before = engine.backendName as string | null | undefined;
  if (before === name) return fn();
  void engine.setBackend(name);
  try {
    return fn();
  } finally {
    if (before) void engine.setBackend(before);
    else Object.assign(engine, { backendName: null, backendInstance: null });
  }
}

import { type TaskInfo } from './api/types.ts';

/** Logits of one head as probabilities: each label by itself for multi-label tasks, else a softmax. */
export function toProbabilities(kind: TaskInfo['kind'], logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  if (kind === 'multi-label, binary-class') return values.map((value) => 1 / (1 + Math.exp(-value)));
  const largest = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - largest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => value / total);
}

/** Label and probability, the likeliest first; equal ones keep their order. */
export const ranked = (probabilities: Readonly<Record<string, number>>): [string, number][] =>
  Object.entries(probabilities).sort(([, a], [, b]) => b - a);

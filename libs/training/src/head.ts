import { MissingTensorError } from '@medlego/errors';
import { asFloat32, assertShape, float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import type { TaskKind } from '@medlego/tasks';

/** Names of a head's tensors: `head.weight [labels, dim]` and `head.bias [labels]`. */
export const headWeightName = 'head.weight';
export const headBiasName = 'head.bias';

/** @throws MissingTensorError, ShapeMismatchError, InvalidValueError if this is not a float32 head of these sizes */
export function assertHead(head: NamedTensors, labels: number, dim: number): void {
  for (const [name, shape] of [
    [headWeightName, [labels, dim]],
    [headBiasName, [labels]],
  ] as const) {
    const tensor = head[name];
    if (!tensor) throw new MissingTensorError({ param: name, source: 'head' });
    assertShape(name, shape, asFloat32(name, tensor).shape);
  }
}

/**
 * Logits of features: F Wᵀ + b, summed in float64.
 * @param features [n, dim] float32
 * @returns [n, labels] float32
 */
export function applyHead(features: HostTensor<'float32'>, head: NamedTensors): HostTensor<'float32'> {
  const [rows, dim] = features.shape as [number, number];
  const labels = head[headBiasName]?.shape[0] ?? 0;
  assertHead(head, labels, dim);
  const weight = head[headWeightName]!.data as Float32Array;
  const bias = head[headBiasName]!.data as Float32Array;
  const logits = new Float32Array(rows * labels);
  for (let i = 0; i < rows; i++)
    for (let c = 0; c < labels; c++) {
      let sum = bias[c]!;
      for (let j = 0; j < dim; j++) sum += weight[c * dim + j]! * features.data[i * dim + j]!;
      logits[i * labels + c] = sum;
    }
  return float32([rows, labels], logits);
}

/** Probabilities of logits [n, labels]: a softmax over the row, or a sigmoid of each entry for multi-label. Returns the same shape. */
export function toScores(kind: TaskKind, logits: HostTensor<'float32'>): HostTensor<'float32'> {
  const [rows, labels] = logits.shape as [number, number];
  const scores = new Float32Array(rows * labels);
  if (kind === 'multi-label, binary-class') {
    for (let k = 0; k < scores.length; k++) scores[k] = 1 / (1 + Math.exp(-logits.data[k]!));
    return float32(logits.shape, scores);
  }
  for (let i = 0; i < rows; i++) {
    const row = logits.data.subarray(i * labels, (i + 1) * labels);
    const max = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = row.reduce((total, z) => total + Math.exp(z - max), 0);
    for (let c = 0; c < labels; c++) scores[i * labels + c] = Math.exp(row[c]! - max) / sum;
  }
  return float32(logits.shape, scores);
}

/**
 * Mean loss of logits against targets, both [n, labels], in float64: cross-entropy, or the mean over labels of binary cross-entropies.
 * Without smoothing or class weights, so that losses of runs with different settings can be compared.
 */
export function meanLoss(kind: TaskKind, logits: HostTensor<'float32'>, targets: HostTensor<'float32'>): number {
  const [rows, labels] = logits.shape as [number, number];
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const row = logits.data.subarray(i * labels, (i + 1) * labels);
    if (kind === 'multi-label, binary-class') {
      for (let c = 0; c < labels; c++)
        total +=
          (Math.max(row[c]!, 0) - row[c]! * targets.data[i * labels + c]! + Math.log1p(Math.exp(-Math.abs(row[c]!)))) /
          labels;
    } else {
      const max = row.reduce((a, b) => Math.max(a, b), -Infinity);
      const logSum = max + Math.log(row.reduce((sum, z) => sum + Math.exp(z - max), 0));
      for (let c = 0; c < labels; c++) total += targets.data[i * labels + c]! * (logSum - row[c]!);
    }
  }
  return total / rows;
}

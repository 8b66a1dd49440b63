import { evaluateScores, type CasesInput } from '@medlego/metrics';
import type { HostTensor } from '@medlego/tensors';
import type { EpochMetrics } from './checkpoint/checkpoint.ts';
import { meanLoss, toScores } from './head.ts';
import { targetsOf, type LabelRows, type TaskShape } from './targets.ts';

/** Probabilities and true labels as `metrics` takes them. */
export const toCases = (task: Pick<TaskShape, 'kind'>, rows: LabelRows, logits: HostTensor<'float32'>): CasesInput => ({
  kind: task.kind,
  labels: rows.labels,
  scores: toScores(task.kind, logits),
});

/** `loss` (mean, without smoothing and class weights), `acc` and `auc` by MedMNIST's conventions; an AUC that is not defined is null. */
export function measure(task: TaskShape, rows: LabelRows, logits: HostTensor<'float32'>): EpochMetrics {
  const { metrics } = evaluateScores(toCases(task, rows, logits), { bootstrap: 0 });
  return {
    loss: meanLoss(task.kind, logits, targetsOf(task, rows)),
    acc: metrics.acc ?? null,
    auc: metrics.auc ?? null,
  };
}

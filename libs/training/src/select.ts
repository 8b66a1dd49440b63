import { InvalidValueError } from '@medlego/errors';
import type { EpochMetrics, EpochRecord } from './checkpoint/checkpoint.ts';

/** What makes an epoch the best: validation accuracy (the paper), loss or AUC; `last` takes the last epoch. */
export const selectors = ['acc', 'loss', 'auc', 'last'] as const;
export type Selector = (typeof selectors)[number];

/**
 * Whether `candidate` is better than `best`. Equal accuracy or AUC (common on small splits) is decided by the loss; a full tie keeps the earlier one.
 * @throws InvalidValueError if validation does not have the metric, for instance AUC where a class is missing
 */
export function isBetter(selector: Selector, candidate: EpochMetrics, best: EpochMetrics): boolean {
  if (selector === 'last') return true;
  const [a, b] = [candidate[selector] ?? null, best[selector] ?? null];
  if (a === null || b === null)
    throw new InvalidValueError({
      field: 'selectBy',
      expected: 'a metric that the validation split has',
      actual: selector,
    });
  if (selector === 'loss') return a < b;
  if (a !== b) return a > b;
  const [lossA, lossB] = [candidate['loss'] ?? null, best['loss'] ?? null];
  return lossA !== null && lossB !== null && lossA < lossB;
}

/** Index of the best record, -1 for none. */
export function bestOf(selector: Selector, history: readonly EpochRecord[]): number {
  let best = -1;
  history.forEach((record, i) => {
    if (best < 0 || isBetter(selector, record.val, history[best]!.val)) best = i;
  });
  return best;
}

/** Whether the last `patience` looks at validation brought nothing better. Never for `last` or without patience. */
export function hasLostPatience(selector: Selector, history: readonly EpochRecord[], patience: number | null): boolean {
  if (patience === null || selector === 'last' || history.length === 0) return false;
  return history.length - 1 - bestOf(selector, history) >= patience;
}

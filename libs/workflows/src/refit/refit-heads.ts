import type { HostTensor, NamedTensors } from '@medlego/tensors';
import { solveProbe, type LabelRows, type TaskShape } from '@medlego/training';

/** A member whose head is solved again, with the labels of its own images. */
export interface RefitTask {
  readonly name: string;
  readonly task: TaskShape;
  readonly train: LabelRows;
  readonly val: LabelRows;
}

export interface RefitHeadsOptions {
  readonly tasks: readonly RefitTask[];
  /** Features of the merged backbone on a member's images, [n, dim] in the order of its labels; asked for once per split. */
  readonly featuresOf: (task: string, split: 'train' | 'val') => Promise<HostTensor<'float32'>>;
  readonly l2Grid?: readonly number[];
  readonly onTask?: (task: string, index: number, count: number) => void;
}

/** A head on the features of the merged backbone, and what chose it. */
export interface RefittedHead {
  /** `head.weight [labels, dim]` and `head.bias [labels]`. */
  readonly head: NamedTensors;
  readonly l2: number;
  /** Images of the training split. */
  readonly images: number;
}

/**
 * Solves every head again on the features that the merged backbone gives: the probe's own problem (standardised features, L-BFGS to
 * the optimum, l2 by validation), one member after the other. Each needs that member's images and no one else's, so it runs where
 * those are, and only the head leaves. Figures with such heads used data after the merge: keep them apart from data-free ones.
 *
 * @throws as `solveProbe`
 */
export async function refitHeads(options: RefitHeadsOptions): Promise<Readonly<Record<string, RefittedHead>>> {
  const { tasks, featuresOf, l2Grid, onTask } = options;
  const heads: Record<string, RefittedHead> = {};
  for (const [index, { name, task, train, val }] of tasks.entries()) {
    onTask?.(name, index, tasks.length);
    const { head, l2 } = solveProbe({
      task,
      train: { ...train, features: await featuresOf(name, 'train') },
      val: { ...val, features: await featuresOf(name, 'val') },
      ...(l2Grid && { l2Grid }),
    });
    heads[name] = { head, l2, images: train.count };
  }
  return heads;
}

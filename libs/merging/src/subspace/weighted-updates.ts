import { matrix, type Matrix } from '@medlego/linalg';

/**
 * Members' updates times their weights, for methods that look at each update's own subspace. A member of weight 0 or without
 * an update here is left out: it has no direction to contribute, and must not count as a task.
 *
 * @returns new matrices, possibly none
 */
export const weightedUpdates = (deltas: readonly Matrix[], weights: readonly number[]): Matrix[] =>
  deltas.flatMap((delta, i) => {
    const weight = weights[i]!;
    if (weight === 0 || delta.data.every((value) => value === 0)) return [];
    return [
      matrix(
        delta.rows,
        delta.cols,
        delta.data.map((value) => weight * value),
      ),
    ];
  });

/** Zeros of the shape that the updates have: what a merge of nothing is. */
export const noUpdate = (deltas: readonly Matrix[]): Matrix => matrix(deltas[0]!.rows, deltas[0]!.cols);

import type { BinaryView } from './one-versus-rest.ts';

/** A binary problem in ascending order of score. */
export interface SortedScores {
  /** [n] original index of the case at each position */
  readonly order: Uint32Array;
  /** [n] zeros and ones, by position */
  readonly positive: Uint8Array;
  /** [n] one where the next position has the same score */
  readonly tiedWithNext: Uint8Array;
}

export function sortByScore({ scores, positive }: BinaryView): SortedScores {
  const order = Uint32Array.from(scores, (_, index) => index).sort((a, b) => scores[a]! - scores[b]!);
  return {
    order,
    positive: Uint8Array.from(order, (index) => positive[index]!),
    tiedWithNext: Uint8Array.from(order, (index, at) => Number(scores[index] === scores[order[at + 1]!])),
  };
}

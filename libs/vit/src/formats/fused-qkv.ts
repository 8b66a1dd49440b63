import { type FloatArray, type LowRankUpdate } from '@medlego/linalg';

export type QkvPart = 'q' | 'k' | 'v';
const parts: readonly QkvPart[] = ['q', 'k', 'v'];

/**
 * One update of a fused projection as updates of its row ranges. Columns of B that are zero throughout a range are dropped there
 * with their rows of A: an update that was fused from separate ones falls apart into exactly those again, and a range that is
 * never touched has none.
 *
 * @param update out is 3 · dim, rows q, then k, then v
 */
export function splitFused(update: LowRankUpdate): [QkvPart, LowRankUpdate][] {
  const { in: inner, rank, scaling } = update;
  const out = update.out / 3;
  return parts.flatMap((part, index): [QkvPart, LowRankUpdate][] => {
    const b = update.b.subarray(index * out * rank, (index + 1) * out * rank);
    const used = Array.from({ length: rank }, (_, k) => k).filter((k) => {
      for (let o = 0; o < out; o++) if (b[o * rank + k] !== 0) return true;
      return false;
    });
    if (used.length === 0) return [];
    if (used.length === rank) return [[part, { ...update, out, b }]];
    return [
      [
        part,
        {
          out,
          in: inner,
          rank: used.length,
          b: Float64Array.from(
            { length: out * used.length },
            (_, i) => b[Math.floor(i / used.length) * rank + used[i % used.length]!]!,
          ),
          e: Float64Array.from(used, (k) => update.e[k]!),
          a: Float64Array.from(
            { length: used.length * inner },
            (_, i) => update.a[used[Math.floor(i / inner)]! * inner + (i % inner)]!,
          ),
          scaling,
        },
      ],
    ];
  });
}

/**
 * The other way: updates of q, k and v as one of the fused projection, of the ranks' sum. A's lie one under another, B's in the
 * blocks of their rows and columns.
 *
 * @param updates at least one; all of one input and output size and one scale
 */
export function fuseUpdates(updates: readonly (readonly [QkvPart, LowRankUpdate])[]): LowRankUpdate {
  const { out, in: inner, scaling } = updates[0]![1];
  const rank = updates.reduce((sum, [, update]) => sum + update.rank, 0);
  const b = new Float64Array(3 * out * rank);
  const [e, a]: FloatArray[] = [new Float64Array(rank), new Float64Array(rank * inner)];
  let first = 0;
  for (const [part, update] of updates) {
    const row = parts.indexOf(part) * out;
    for (let o = 0; o < out; o++)
      for (let k = 0; k < update.rank; k++) b[(row + o) * rank + first + k] = update.b[o * update.rank + k]!;
    e!.set(update.e, first);
    a!.set(update.a, first * inner);
    first += update.rank;
  }
  return { out: 3 * out, in: inner, rank, b, e: e!, a: a!, scaling };
}

import { type AdapterUpdates } from '@medlego/linalg';
import { type MergeMember } from '../src/index.ts';

export interface AdapterShape {
  readonly members: number;
  readonly rank: number;
  readonly modules: number;
  readonly size: number;
  /** All members start from one A and move it by this share: nearly dependent factors, the slow route of the bases. */
  readonly drift?: number;
}

/** ViT-B/16 with rank 4 on q and v, seven specialists: the size of the paper. */
export const paperShape: AdapterShape = { members: 7, rank: 4, modules: 24, size: 768 };

/** Members with Gaussian factors from a fixed seed; e falls by half, so the spectrum is like a trained adapter's. */
export function randomMembers({ members, rank, modules, size, drift }: AdapterShape, seed = 1): MergeMember[] {
  const normal = gaussian(seed);
  const factor = (length: number) => Float32Array.from({ length }, () => normal() / Math.sqrt(size));
  const start = factor(size * rank);
  const moved = (share: number) => factor(size * rank).map((value, i) => start[i]! + share * value);
  const update = () => ({
    out: size,
    in: size,
    rank,
    b: factor(size * rank),
    e: Float32Array.from({ length: rank }, (_, i) => 2 ** -i),
    a: drift === undefined ? factor(size * rank) : moved(drift),
    scaling: 1,
  });
  return Array.from({ length: members }, (_, i) => ({
    name: `task${i}`,
    updates: Object.fromEntries(
      Array.from({ length: modules }, (_, m) => [`blocks.${m >> 1}.attn.${m % 2 ? 'v' : 'q'}`, update()]),
    ) satisfies AdapterUpdates,
  }));
}

/** Normal numbers by Box and Muller over a 32-bit generator (mulberry32). */
function gaussian(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

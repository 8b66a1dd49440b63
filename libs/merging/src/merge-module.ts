import { InvalidValueError } from '@medlego/errors';
import {
  chooseRank,
  fixSigns,
  frobeniusNorm,
  numericalRank,
  truncatedSvd,
  type LowRankUpdate,
  type Matrix,
} from '@medlego/linalg';
import { type CommonParams } from './merge-params.ts';
import { type ModuleSpace } from './spaces/merge-space.ts';

/** A merged module: its spectrum, the cut, and the factors that were kept. */
export interface MergedModule {
  /** Falling, down to the numerical rank, before the cut. */
  readonly singularValues: Float64Array;
  readonly k: number;
  /** Kept singular vectors in the space's coordinates: [left.size, k] and [right.size, k]. */
  readonly u: Matrix;
  readonly v: Matrix;
  /** Norm of what was cut. */
  readonly error: number;
  /** Orthonormal b and a, e = singular values, float32, scaling 1; undefined for k = 0, which no factors can hold. */
  readonly update: LowRankUpdate | undefined;
}

/** Range of float32, in which the result is stored: smallest number of full precision, largest number. */
const float32Range = { smallest: 2 ** -126, largest: (2 - 2 ** -23) * 2 ** 127 };

/** Singular values below this share of the largest input are what rounding left of updates that cancel. */
const residue = 1e-12;

/**
 * SVD of λ · merged, cut by the recipe's rule, mapped back from the space.
 * @param merged    [left.size, right.size], overwritten
 * @param inputNorm norm of the largest weighted update that went into `merged`; decides what is a rounding residue
 * @param scratch   overwritten; one for all modules of a merge spares it most of its allocations
 * @throws InvalidValueError if a singular value does not fit float32
 */
export function finishModule(
  merged: Matrix,
  space: ModuleSpace,
  { lambda, threshold, mode, maxRank }: CommonParams,
  inputNorm: number,
  scratch: Scratch = createScratch(),
): MergedModule {
  if (lambda !== 1) for (let i = 0; i < merged.data.length; i++) merged.data[i] = merged.data[i]! * lambda;
  const floor = Math.max(residue * Math.abs(lambda) * inputNorm, float32Range.smallest);
  let singularValues = new Float64Array(0);
  const { u, v } = truncatedSvd(merged, (s) => {
    let rank = numericalRank(s);
    while (rank > 0 && s[rank - 1]! <= floor) rank--;
    if (rank > 0 && s[0]! > float32Range.largest)
      throw new InvalidValueError({ field: 'merged update', expected: 'singular values within float32', actual: s[0] });
    singularValues = s.slice(0, rank);
    return threshold === undefined ? rank : chooseRank(singularValues, { threshold, mode, maxRank });
  });
  const k = u.cols;
  const kept = { u, v };
  return {
    singularValues,
    k,
    ...kept,
    error: frobeniusNorm(singularValues.subarray(k)),
    update: k === 0 ? undefined : toUpdate(space, kept, singularValues.subarray(0, k), scratch),
  };
}

function toUpdate(
  space: ModuleSpace,
  kept: { u: Matrix; v: Matrix },
  s: Float64Array,
  scratch: Scratch,
): LowRankUpdate {
  const { left, right } = space;
  const rank = s.length;
  const { u, v } = fixSigns({
    u: left.lift(kept.u, scratch('left', left.dimension * rank)),
    v: right.lift(kept.v, scratch('right', right.dimension * rank)),
  });
  const b = new Float32Array(u.rows * rank);
  for (let j = 0; j < rank; j++) for (let i = 0; i < u.rows; i++) b[i * rank + j] = u.data[j * u.rows + i]!;
  // V is stored column after column, which is A = Vᵀ row after row.
  return { out: u.rows, in: v.rows, rank, b, e: new Float32Array(s), a: new Float32Array(v.data), scaling: 1 };
}

/** Memory that is used over and over: answers a buffer of at least `length` numbers with unknown content. */
export type Scratch = (side: 'left' | 'right', length: number) => Float64Array;

export function createScratch(): Scratch {
  const buffers = { left: new Float64Array(0), right: new Float64Array(0) };
  return (side, length) => {
    if (buffers[side].length < length) buffers[side] = new Float64Array(length);
    return buffers[side];
  };
}

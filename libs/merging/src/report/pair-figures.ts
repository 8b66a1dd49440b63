import {
  firstColumns,
  frobeniusNorm,
  matrix,
  multiplyTransposed,
  numericalRank,
  productSvd,
  type Matrix,
} from '@medlego/linalg';
import { type ModuleSpace } from '../spaces/merge-space.ts';

/** What a report says about the members of one module before any recipe: a function of the updates alone. */
export interface ModuleAnalysis {
  /** ‖D_i‖ per member; 0 where it does not touch the module. */
  readonly norms: readonly number[];
  /** In the order (0, 1), (0, 2), ..., (1, 2), ... */
  readonly pairs: readonly PairProducts[];
}

export interface PairProducts {
  /** ⟨D_i, D_j⟩ */
  readonly inner: number;
  readonly left: number | null;
  readonly right: number | null;
}

/** Norms, inner products and subspace cosines of the members' updates of one module. */
export function analyseModule({ left, right, factors }: ModuleSpace): ModuleAnalysis {
  const spectra = factors.map((factor) => {
    if (!factor) return undefined;
    const { u, s, v } = productSvd(factor.left, factor.right);
    const rank = numericalRank(s);
    return { s: s.subarray(0, rank), u: firstColumns(u, rank), v: firstColumns(v, rank) };
  });
  // One Gram matrix per side holds the products of all pairs as blocks.
  const starts: number[] = [];
  let total = 0;
  for (const spectrum of spectra) {
    starts.push(total);
    total += spectrum?.s.length ?? 0;
  }
  const bases = { u: matrix(left.size, total), v: matrix(right.size, total) };
  spectra.forEach((spectrum, i) => {
    if (!spectrum) return;
    bases.u.data.set(spectrum.u.data, starts[i]! * left.size);
    bases.v.data.set(spectrum.v.data, starts[i]! * right.size);
  });
  const grams = { u: multiplyTransposed(bases.u, bases.u), v: multiplyTransposed(bases.v, bases.v) };

  const pairs: PairProducts[] = [];
  for (let i = 0; i < spectra.length; i++) {
    for (let j = i + 1; j < spectra.length; j++) {
      const x = spectra[i]?.s ?? new Float64Array(0);
      const y = spectra[j]?.s ?? new Float64Array(0);
      pairs.push(pairProducts(x, y, grams.u, grams.v, starts[i]!, starts[j]!));
    }
  }
  return { norms: spectra.map((spectrum) => (spectrum ? frobeniusNorm(spectrum.s) : 0)), pairs };
}

/** Reads U_xᵀ U_y and V_xᵀ V_y out of the Gram matrices; s and t are the singular values of the two updates. */
function pairProducts(s: Float64Array, t: Float64Array, u: Matrix, v: Matrix, from: number, to: number): PairProducts {
  const smaller = Math.min(s.length, t.length);
  if (smaller === 0) return { inner: 0, left: null, right: null };
  let inner = 0;
  let left = 0;
  let right = 0;
  for (let j = 0; j < t.length; j++) {
    for (let i = 0; i < s.length; i++) {
      const at = (to + j) * u.rows + from + i;
      const x = u.data[at]!;
      const y = v.data[at]!;
      inner += s[i]! * t[j]! * x * y;
      left += x * x;
      right += y * y;
    }
  }
  return { inner, left: cosine(left, smaller), right: cosine(right, smaller) };
}

/** Root mean square of the singular values of a product of two orthonormal bases, from the sum of its squares. */
const cosine = (squares: number, smaller: number): number => Math.min(1, Math.sqrt(squares / smaller));

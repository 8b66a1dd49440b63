import { MemberRankError } from '@medlego/errors';
import { matrix, multiply, transpose, type Matrix } from '@medlego/linalg';
import { type ModuleContext } from './merge-method.ts';
import { type UpdateFactors } from './spaces/merge-space.ts';

/** What one member adds to each of the composed factors. */
export interface FactorWeights {
  readonly b: number;
  readonly a: number;
}

/**
 * Composes factors apart: (Σ βᵢ Bᵢ diag(Eᵢ)) (Σ αᵢ Aᵢ). The product has cross terms Bᵢ Aⱼ: it is not a mean of updates, and
 * it depends on how each update was split into factors. E goes to B, as PEFT does when it turns an AdaLoRA into a LoRA.
 * A member that does not touch the module adds nothing to either factor.
 *
 * @param weigh βᵢ and αᵢ of a member; the scaling is not in the factors, so βᵢ or αᵢ or both have to carry it
 * @returns a matrix in the space's coordinates
 * @throws MemberRankError naming two members of different rank in this module
 */
export function composeFactors(
  { factors, names, module }: Pick<ModuleContext, 'factors' | 'names' | 'module'>,
  weigh: (member: number, scaling: number) => FactorWeights,
): Matrix {
  const first = factors.findIndex((factor) => factor !== undefined);
  const { b, a } = factors[first]!;
  const rank = b.cols;
  const left = matrix(b.rows, rank);
  const right = matrix(a.rows, rank);
  factors.forEach((factor, member) => {
    if (factor === undefined) return;
    if (factor.b.cols !== rank)
      throw new MemberRankError({
        module,
        first: names[first]!,
        firstRank: rank,
        second: names[member]!,
        secondRank: factor.b.cols,
      });
    const weights = weigh(member, factor.scaling);
    addFactors(left, right, factor, weights);
  });
  return multiply(left, transpose(right));
}

function addFactors(left: Matrix, right: Matrix, { b, e, a }: UpdateFactors, weights: FactorWeights): void {
  for (let j = 0; j < left.cols; j++) {
    const factor = weights.b * e[j]!;
    for (let i = j * left.rows; i < (j + 1) * left.rows; i++) left.data[i] = left.data[i]! + factor * b.data[i]!;
  }
  for (let i = 0; i < right.data.length; i++) right.data[i] = right.data[i]! + weights.a * a.data[i]!;
}

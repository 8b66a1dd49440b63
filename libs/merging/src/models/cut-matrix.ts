import { chooseRank, firstColumns, multiply, svd, transpose, type Matrix } from '@medlego/linalg';
import { type CommonParams } from '../merge-params.ts';

/** Whether the parameters ask for a cut at all: a share of 1 keeps everything. */
const cuts = ({ threshold, mode, maxRank }: CommonParams): boolean =>
  threshold !== undefined && (threshold < 1 || mode === 'absolute' || maxRank !== undefined);

/** The matrix cut by the recipe's rank rule as if multiplied by λ; `merged` itself where there is no rule. */
export function cutMatrix(merged: Matrix, params: CommonParams): Matrix {
  if (!cuts(params)) return merged;
  const { u, s, v } = svd(merged);
  const { threshold, mode, maxRank, lambda } = params;
  const k = chooseRank(
    s.map((value) => value * Math.abs(lambda)),
    { threshold: threshold!, mode, maxRank },
  );
  const left = firstColumns(u, k);
  for (let j = 0; j < k; j++)
    for (let i = j * left.rows; i < (j + 1) * left.rows; i++) left.data[i] = left.data[i]! * s[j]!;
  return multiply(left, transpose(firstColumns(v, k)));
}

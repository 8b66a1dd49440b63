import { matrix, multiply, transpose, weightedSum, type Matrix } from '@medlego/linalg';
import { z } from 'zod';
import { gramAverage, traceOf } from '../gram/gram-average.ts';
import { defineMergeMethod } from '../merge-method.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { scaleColumns } from '../spaces/merge-space.ts';
import { sideBySide } from '../subspace/join-triplets.ts';
import { noUpdate } from '../subspace/weighted-updates.ts';

/**
 * RegMean: per module the update whose outputs are nearest to every task's own on that task's inputs,
 * τ = (Σ τ_i G_i) (Σ G_i)⁻¹ with G_i = XᵀX of the module's inputs and off-diagonal entries multiplied by α. The frozen weight
 * cancels out. τ has the columns of the stacked B, so its rank is at most Σr and the solve is for Σr right-hand sides only.
 *
 * A weight is the importance of a task (it multiplies G_i); a negative one asks for −τ_i. The statistics hold XᵀX divided by
 * the number of rows, so tasks count alike however many images they have. A member that does not touch the module but has a
 * Gram for it takes part with a zero update; without a Gram it is left out.
 */
export const regmean = defineMergeMethod({
  id: 'regmean',
  title: 'RegMean: least squares on the inputs of every task',
  source: 'Jin et al. 2023, arXiv 2212.09849, Eq. 2 and 3; α 0.9, no ridge',
  spaces: ['full'],
  needs: ['gram'],
  matricesOnly: true,
  laws: { single: {}, duplicates: {}, cancels: {}, signedWeights: {}, weightless: {} },
  params: z.strictObject({
    ...scaleParams,
    ...cutParams(1),
    alpha: z
      .number()
      .min(0)
      .max(1)
      .default(0.9)
      .describe('Factor on the off-diagonal entries of every Gram matrix; 0 keeps the diagonal alone'),
    ridge: z
      .number()
      .min(0)
      .default(0)
      .describe('Pull towards zero, as a share of the mean diagonal entry of the summed Gram matrices'),
  }),
  merge(deltas, weights, { alpha, ridge }, { statistics, factors }) {
    const tasks = deltas.flatMap((delta, i) => {
      const gram = statistics[i]?.gram;
      if (!gram || weights[i] === 0) return [];
      return [{ delta, factors: factors[i], weight: weights[i]!, gram: shrinkOffDiagonal(gram, alpha) }];
    });
    if (tasks.length === 0) return noUpdate(deltas);
    const gram = weightedSum(
      tasks.map((task) => task.gram),
      tasks.map(({ weight }) => Math.abs(weight)),
    );
    const shift = (ridge * traceOf(gram)) / gram.rows;
    const parts = tasks.map((task) => task.factors);
    if (parts.every((part) => part !== undefined)) {
      // τ = [B_1 … B_N] · (rows (ΣG)⁻¹): solving for the rows of the factors spares out − Σr right-hand sides.
      const rows = tasks.map((task, i) => weightedSum([multiply(task.gram, parts[i]!.a)], [task.weight])); // [in, r_i]
      const solved = gramAverage(transpose(sideBySide(rows)), gram, shift);
      return multiply(sideBySide(parts.map((part) => scaleColumns(part.b, part))), solved);
    }
    const numerator = weightedSum(
      tasks.map((task) => multiply(task.delta, task.gram)),
      tasks.map(({ weight }) => weight),
    );
    return gramAverage(numerator, gram, shift);
  },
});

function shrinkOffDiagonal(gram: Matrix, alpha: number): Matrix {
  const result = matrix(
    gram.rows,
    gram.cols,
    gram.data.map((value) => alpha * value),
  );
  for (let i = 0; i < gram.rows; i++) result.data[i * gram.rows + i] = gram.data[i * gram.rows + i]!;
  return result;
}

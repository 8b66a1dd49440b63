import { matrix, type Matrix } from '@medlego/linalg';
import { z } from 'zod';
import { defineMergeMethod, type ModuleDeltas } from '../merge-method.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { type ModuleStatistics } from '../statistics.ts';

/**
 * Fisher averaging: per entry of the dense update the mean of the members' values, weighted by their diagonal Fisher
 * information, τ = Σ c_i F_i τ_i / Σ c_i F_i with F_i = max(F_i, floor). The frozen weight cancels out. The result has full
 * rank: cut it, or store it dense.
 *
 * This is the Fisher of the dense weights; that of the factors depends on the basis in which A and B happen to be written.
 * c_i is the member's weight, a negative one asks for −τ_i. Normalised, c_i is divided by the L2 norm of the whole F_i, so that
 * a task with large gradients does not decide alone. A member that does not touch the module but has a Fisher for it takes part
 * with a zero update; without one it is left out.
 */
export const fisher = defineMergeMethod({
  id: 'fisher',
  title: 'Fisher averaging: entries weighted by the diagonal Fisher information',
  source: 'Matena and Raffel 2022, arXiv 2111.09832, Eq. 7; floor 1e-6',
  spaces: ['full'],
  needs: ['fisher'],
  laws: { single: {}, duplicates: {}, cancels: {}, signedWeights: {}, weightless: {} },
  params: z.strictObject({
    ...scaleParams,
    ...cutParams(1),
    floor: z
      .number()
      .positive()
      .default(1e-6)
      .describe('Least Fisher information of an entry; where all lie below it the mean is plain'),
    normalizeFisher: z
      .boolean()
      .default(false)
      .describe("Divide every member's Fisher information by its L2 norm over all modules first"),
  }),
  survey: (modules, weights, { floor, normalizeFisher }) =>
    normalizeFisher ? fisherNorms(modules, weights.length, floor) : weights.map(() => 1),
  merge(deltas, weights, { floor }, { statistics, survey: norms }) {
    const { rows, cols } = deltas[0]!;
    const top = matrix(rows, cols);
    const bottom = new Float64Array(rows * cols);
    deltas.forEach((delta, i) => {
      const information = statistics[i]?.fisher?.data;
      if (!information || weights[i] === 0) return;
      const coefficient = weights[i]! / norms[i]!;
      for (let at = 0; at < bottom.length; at++) {
        const factor = coefficient * Math.max(information[at]!, floor);
        top.data[at] = top.data[at]! + factor * delta.data[at]!;
        bottom[at] = bottom[at]! + Math.abs(factor);
      }
    });
    for (let at = 0; at < bottom.length; at++) if (bottom[at]! > 0) top.data[at] = top.data[at]! / bottom[at]!;
    return top;
  },
});

/** L2 norm of each member's floored Fisher over all modules; 1 for a member without any. */
function fisherNorms(modules: Iterable<ModuleDeltas>, members: number, floor: number): readonly number[] {
  const squares = new Float64Array(members);
  for (const { statistics } of modules)
    statistics.forEach((own, i) => (squares[i] = squares[i]! + sumOfSquares(own, floor)));
  return Array.from(squares, (sum) => (sum > 0 ? Math.sqrt(sum) : 1));
}

function sumOfSquares(statistics: ModuleStatistics | undefined, floor: number): number {
  const information: Matrix | undefined = statistics?.fisher;
  let sum = 0;
  if (information) for (const value of information.data) sum += Math.max(value, floor) ** 2;
  return sum;
}

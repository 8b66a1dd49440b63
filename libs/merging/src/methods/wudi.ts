import { multiply, numericalRank, symmetricEigen, weightedSum } from '@medlego/linalg';
import { z } from 'zod';
import { gramAverage, surrogateGram, traceOf } from '../gram/gram-average.ts';
import { defineMergeMethod } from '../merge-method.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { noUpdate } from '../subspace/weighted-updates.ts';

/**
 * WUDI in closed form: the update τ that interferes least with every task on the rows of that task's own update,
 * min Σ_i ‖(τ − D_i) D_iᵀ‖² / ‖D_i‖², which is RegMean with the surrogate D_iᵀD_i / ‖D_i‖² for the Gram of the inputs.
 *
 * The source runs 300 steps of Adam from the sum, whose early stop keeps the answer small where tasks share rows; the closed
 * form needs a ridge for that. It is relative: times the mean of the non-zero eigenvalues of the summed surrogate. Without a
 * ridge and with independent rows the loss is zero: every task's rows are answered at full strength.
 * A weight is the importance of a task; a negative one asks for −D_i.
 */
export const wudi = defineMergeMethod({
  id: 'wudi',
  title: 'WUDI in closed form: least interference on the rows of the tasks’ own updates',
  source: 'WUDI-Merging, arXiv 2503.08099, Eq. 9; closed form and ridge ours, in the place of 300 steps of Adam',
  spaces: ['core', 'full'],
  matricesOnly: true,
  laws: {
    single: { ridge: 0 },
    duplicates: { ridge: 0 },
    cancels: {},
    signedWeights: {},
    ignoresZero: {},
    weightless: {},
    basisFree: {},
  },
  params: z.strictObject({
    ...scaleParams,
    ...cutParams(1),
    ridge: z
      .number()
      .min(0)
      .default(0.1)
      .describe(
        'Pull towards zero, as a share of the mean eigenvalue of the summed surrogate Gram; 0 is the exact optimum',
      ),
  }),
  merge(deltas, weights, { ridge }) {
    const tasks = deltas.flatMap((delta, i) =>
      weights[i] === 0 || delta.data.every((value) => value === 0)
        ? []
        : [{ delta, weight: weights[i]!, gram: surrogateGram(delta) }],
    );
    if (tasks.length === 0) return noUpdate(deltas);
    const gram = weightedSum(
      tasks.map((task) => task.gram),
      tasks.map(({ weight }) => Math.abs(weight)),
    );
    const numerator = weightedSum(
      tasks.map((task) => multiply(task.delta, task.gram)),
      tasks.map(({ weight }) => weight),
    );
    if (ridge === 0) return gramAverage(numerator, gram);
    const eigenvalues = symmetricEigen(gram).values;
    return gramAverage(numerator, gram, (ridge * traceOf(gram)) / numericalRank(eigenvalues));
  },
});

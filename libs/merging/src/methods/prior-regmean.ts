import { multiply, weightedSum } from '@medlego/linalg';
import { z } from 'zod';
import { gramAverage } from '../gram/gram-average.ts';
import { priorGram } from '../gram/prior-gram.ts';
import { defineMergeMethod } from '../merge-method.ts';
import { cutParams, scaleParams } from '../merge-params.ts';
import { noUpdate } from '../subspace/weighted-updates.ts';

/**
 * RegMean without data (ours): least squares on guessed inputs, M = (Σ D_i G_i) (Σ G_i)⁻¹ with
 * G_i = I + focus · r_i · D_iᵀD_i / ‖D_i‖².
 *
 * Derivation. The merged update should answer as task i does on task i's inputs x: min Σ_i E‖(M − D_i) x‖². With isotropic
 * inputs that is the mean, which thins every task to 1/N; with inputs that live in the rows of D_i alone it is WUDI, which
 * ignores that common inputs excite all other tasks' rows too, and overshoots where rows are shared. Inputs are both: hence
 * the sum. For N tasks with orthogonal rows of equal strength each keeps t = (1 + focus) / (N + focus) of its strength, from
 * 1/N (focus 0, the mean) to 1 (focus → ∞, WUDI without a ridge). Rows that all share are answered by their mean at any focus:
 * nothing is counted twice, a task merged with copies of itself stays what it is, and no ridge is needed, since G_i ≥ I.
 *
 * The default focus 4 leaves seven such tasks 0.45 of their strength, eight 0.42: near the λ that searches on validation data find.
 *
 * A weight is the importance of a task; a negative one asks for −D_i; members of weight 0 and zero updates take no part.
 */
export const priorRegmean = defineMergeMethod({
  id: 'prior_regmean',
  title: 'RegMean on guessed inputs, without data (ours)',
  source: 'Med-LEGO workspace: RegMean (arXiv 2212.09849) with a prior in the place of XᵀX; between the mean and WUDI',
  spaces: ['core', 'full'],
  matricesOnly: true,
  laws: { single: {}, duplicates: {}, cancels: {}, signedWeights: {}, ignoresZero: {}, weightless: {}, basisFree: {} },
  params: z.strictObject({
    ...scaleParams,
    ...cutParams(1),
    focus: z
      .number()
      .min(0)
      .default(4)
      .describe(
        "How much more energy a task's inputs are taken to have along its own update's rows than along others; 0 gives the mean",
      ),
  }),
  merge(deltas, weights, { focus }) {
    const tasks = deltas.flatMap((delta, i) =>
      weights[i] === 0 || delta.data.every((value) => value === 0)
        ? []
        : [{ delta, weight: weights[i]!, gram: priorGram(delta, focus) }],
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
    return gramAverage(numerator, gram);
  },
});

import { matrix, weightedSum, type Matrix } from '@medlego/linalg';
import { z } from 'zod';
import { balancedCoefficients } from '../gram/balanced-coefficients.ts';
import { addInto, responseForms } from '../gram/response-forms.ts';
import { defineMergeMethod, type ModuleDeltas } from '../merge-method.ts';
import { cutParams, scaleParams } from '../merge-params.ts';

/**
 * Strength-balanced sum (ours): M = Σ c_j D_j with one coefficient per task, in closed form and without data, in the place of a
 * λ that is searched on validation images.
 *
 * The coefficients minimise the sum over tasks of the *relative* error on guessed inputs,
 * E‖(M − D_i) x‖² / E‖D_i x‖² with E x xᵀ = G_i = I + focus · r_i · D_iᵀD_i / ‖D_i‖² (see `prior_regmean`). That is an N × N
 * linear system. N orthogonal tasks of one norm each keep t = (1 + focus) / (N + focus); a loud task is turned down because it
 * disturbs the quiet ones by its own norm, tasks that agree share what they have in common instead of adding it up, and a task
 * merged with copies of itself stays what it is. With N numbers to choose it cannot bend updates as `prior_regmean` can.
 *
 * The gain that is left to a task can be read off the report as its strength ⟨M, D_i⟩ / ‖D_i‖².
 */
export const strength = defineMergeMethod({
  id: 'strength',
  title: 'Strength-balanced sum: one coefficient per task from the overlaps, without data (ours)',
  source: 'Med-LEGO workspace: least relative error on guessed inputs',
  spaces: ['core'],
  laws: { single: {}, duplicates: {}, cancels: {}, signedWeights: {}, ignoresZero: {}, weightless: {} },
  params: z.strictObject({
    ...scaleParams,
    ...cutParams(1),
    focus: z
      .number()
      .min(0)
      .default(4)
      .describe("How much more energy a task's inputs are taken to have along its own update's rows than along others"),
    scope: z
      .enum(['module', 'adapter'])
      .default('module')
      .describe('One coefficient per task and module, or one per task for the whole adapter'),
  }),
  survey: (modules, weights, { focus, scope }) =>
    scope === 'adapter' ? wholeCoefficients(modules, weights, focus) : undefined,
  merge: (deltas, weights, { focus }, { survey }) =>
    weightedSum(deltas, survey ?? balancedCoefficients(responseForms(present(deltas, weights), focus), weights)),
});

/** A member of weight 0 may not lend its update to others: removed is as good as never merged. */
const present = (deltas: readonly Matrix[], weights: readonly number[]): Matrix[] =>
  deltas.map((delta, i) => (weights[i] === 0 ? matrix(delta.rows, delta.cols) : delta));

function wholeCoefficients(
  modules: Iterable<ModuleDeltas>,
  weights: readonly number[],
  focus: number,
): readonly number[] {
  let totals: Matrix[] | undefined;
  for (const { deltas } of modules) {
    const forms = responseForms(present(deltas, weights), focus);
    if (totals) totals.forEach((total, i) => addInto(total, forms[i]!));
    else totals = forms;
  }
  return balancedCoefficients(totals ?? [], weights);
}

import type { SubmitSweepRequest, TrainingSpec } from '@medlego/contracts/rpc';
import { InvalidValueError } from '@medlego/errors';

const maxRuns = 1000;

/**
 * The specifications of a sweep: every data set with every seed and every combination of settings, in this order. What is left empty
 * stays as the base has it.
 * @throws InvalidValueError for none, or more than 1,000
 */
export function sweepSpecs({ base, datasets, seeds, settings }: SubmitSweepRequest): TrainingSpec[] {
  if (!base) throw new InvalidValueError({ field: 'base', expected: 'a specification', actual: 'none' });
  const axes = Object.entries(settings);
  const count =
    Math.max(1, datasets.length) *
    Math.max(1, seeds.length) *
    axes.reduce((product, [, { values }]) => product * values.length, 1);
  if (count < 1 || count > maxRuns)
    throw new InvalidValueError({ field: 'sweep', expected: `1 to ${maxRuns} runs`, actual: count });
  let specs: TrainingSpec[] = (datasets.length ? datasets : [base.dataset]).flatMap((dataset) =>
    (seeds.length ? seeds : [base.seed]).map((seed) => ({ ...base, dataset, seed })),
  );
  for (const [name, { values }] of axes)
    specs = specs.flatMap((spec) =>
      values.map((value) => ({ ...spec, settings: { ...spec.settings, [name]: value } })),
    );
  return specs;
}

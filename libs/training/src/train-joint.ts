import type { Dataset } from '@medlego/data';
import { InvalidValueError } from '@medlego/errors';
import type { TrainingReport } from './reports.ts';
import { parseTrainingSettings } from './settings.ts';
import { trainTogether, type SharedTrainOptions, type TrainedTogether } from './train-together.ts';

export interface TrainJointOptions extends SharedTrainOptions {
  /** One per task, in any order: the result depends on the tasks' names. Each needs train and val. */
  readonly datasets: readonly Dataset[];
}

/** One adapter, a head and a probe per task, sorted by the tasks' names. `best.val` is the mean over tasks. */
export type TrainedJoint = TrainedTogether;

/**
 * Trains one adapter (of any kind, `full` included) with one head per task on all tasks together: the multi-task row of the paper's
 * tables. The same loop, settings, checkpoints and reports as `trainSpecialist`; every step trains one task, in a random order in
 * which each image comes once per epoch (`taskTemperature` changes the shares), and validation is the mean of the tasks' metrics.
 *
 * @throws InvalidValueError without tasks, for two of one name, for `classWeights` as a list; the errors of `trainSpecialist`
 */
export async function* trainJoint(options: TrainJointOptions): AsyncGenerator<TrainingReport, TrainedJoint> {
  const datasets = options.datasets.toSorted((a, b) => (a.task.name < b.task.name ? -1 : 1));
  const names = datasets.map(({ task }) => task.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (names.length === 0 || twice !== undefined)
    throw new InvalidValueError({
      field: 'tasks',
      expected: 'one or more tasks of different names',
      actual: twice === undefined ? 'none' : `${twice} twice`,
    });
  if (Array.isArray(parseTrainingSettings(options.settings).classWeights))
    throw new InvalidValueError({
      field: 'settings.classWeights',
      expected: 'none or balanced for joint training',
      actual: 'a list',
    });
  return yield* trainTogether({ ...options, datasets });
}

import { InvalidValueError } from '@medlego/errors';
import { gainKept, metricStatistics, parseCases, type Cases, type CasesInput } from '@medlego/metrics';
import type { Task } from '@medlego/tasks';
import type { HostTensor } from '@medlego/tensors';
import type { TaskScoreTensors } from '../candidates/candidate-scorer.ts';

export const tuneMetrics = ['acc', 'auc', 'loss'] as const;
export type TuneMetric = (typeof tuneMetrics)[number];

export const tuneObjectives = ['mean', 'gain-kept'] as const;
export type TuneObjective = (typeof tuneObjectives)[number];

/** A task's true labels, in the order of its images. */
export interface TaskLabels {
  readonly task: Pick<Task, 'kind' | 'labels'>;
  readonly labels: CasesInput['labels'];
}

/** Figures of one task. */
export interface TaskFigures {
  readonly acc: number;
  /** Of the classes that have one; null where none has. */
  readonly auc: number | null;
  readonly loss: number;
}

/** What a candidate is worth: compared by `objective`, ties by the smaller `loss`. */
export interface Worth {
  readonly objective: number;
  /** Mean over tasks. */
  readonly loss: number;
  readonly perTask: Readonly<Record<string, TaskFigures>>;
}

/** Equal accuracy is common on small splits; the loss then tells the candidates apart. A full tie is no improvement. */
export const isBetterWorth = (a: Worth, b: Worth): boolean =>
  a.objective !== b.objective ? a.objective > b.objective : a.loss < b.loss;

/** Scores to compare with, for `gain-kept`: [n, labels] per task. */
export interface References {
  readonly probe: TaskScoreTensors;
  readonly specialist: TaskScoreTensors;
}

export const casesOf = ({ task, labels }: TaskLabels, scores: HostTensor<'float32'>): Cases =>
  parseCases({ kind: task.kind, labels, scores });

export interface JudgeOptions {
  readonly labels: Readonly<Record<string, TaskLabels>>;
  readonly metric: TuneMetric;
  readonly objective: TuneObjective;
  /** Needed for `gain-kept`. */
  readonly references?: References | undefined;
}

/**
 * How candidates are judged: `mean` is the mean over tasks of the metric (of minus the loss), `gain-kept` the pooled share of the
 * specialists' gain over their probes, on the tasks where there is one.
 *
 * @throws InvalidValueError for `gain-kept` of the loss, without references or with no specialist that beats its probe; for an AUC
 *         that is not defined on a task, naming it
 */
export function createJudge(options: JudgeOptions): (scores: TaskScoreTensors) => Worth {
  const { labels, metric, objective, references } = options;
  const tasks = Object.keys(labels);
  const figuresOf = (scores: TaskScoreTensors): Record<string, TaskFigures> =>
    Object.fromEntries(tasks.map((task) => [task, taskFigures(labels[task]!, scores[task]!)]));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const value = (figures: TaskFigures, task: string): number => {
    const found = metric === 'loss' ? -figures.loss : figures[metric];
    if (found !== null) return found;
    throw new InvalidValueError({ field: `${task}: metric`, expected: 'a metric that the split has', actual: 'auc' });
  };
  const bounds = objective === 'gain-kept' ? boundsOf(metric, references, figuresOf, value) : undefined;
  return (scores) => {
    const perTask = figuresOf(scores);
    const values = tasks.map((task) => value(perTask[task]!, task));
    const rows = bounds && tasks.map((task, i) => ({ task, generalist: values[i]!, ...bounds[task]! }));
    return {
      objective: rows ? gainKept(rows).pooled! : mean(values),
      loss: mean(tasks.map((task) => perTask[task]!.loss)),
      perTask,
    };
  };
}

function boundsOf(
  metric: TuneMetric,
  references: References | undefined,
  figuresOf: (scores: TaskScoreTensors) => Record<string, TaskFigures>,
  value: (figures: TaskFigures, task: string) => number,
): Record<string, { specialist: number; probe: number }> {
  if (metric === 'loss' || !references)
    throw new InvalidValueError({
      field: 'objective',
      expected: 'mean; or gain-kept with metric acc or auc, and the scores of probes and specialists',
      actual: metric === 'loss' ? 'gain-kept of the loss' : 'gain-kept without those scores',
    });
  const [probe, specialist] = [figuresOf(references.probe), figuresOf(references.specialist)];
  const bounds = Object.fromEntries(
    Object.keys(probe).map((task) => [
      task,
      { probe: value(probe[task]!, task), specialist: value(specialist[task]!, task) },
    ]),
  );
  const rows = Object.entries(bounds).map(([task, both]) => ({ task, generalist: both.probe, ...both }));
  if (gainKept(rows).pooled === null)
    throw new InvalidValueError({
      field: 'objective',
      expected: 'a specialist that beats its probe on this split',
      actual: 'none, so there is no gain to keep',
    });
  return bounds;
}

function taskFigures(labels: TaskLabels, scores: HostTensor<'float32'>): TaskFigures {
  const statistics = metricStatistics(casesOf(labels, scores));
  return {
    acc: statistics.acc!()!,
    auc: statistics.auc_mean_of_defined!(),
    loss: statistics.log_loss!()!,
  };
}

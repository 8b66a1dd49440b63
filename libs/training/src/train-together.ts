import type { Dataset, PreprocessSpec } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import type { NamedTensors } from '@medlego/tensors';
import type { Task } from '@medlego/tasks';
import { initAdapter, initHead } from '@medlego/vit';
import type { EpochRecord } from './checkpoint/checkpoint.ts';
import type { AdapterModel, BackboneModel } from './features.ts';
import { environmentOf, fitTasks, type RunOptions } from './fit.ts';
import { frozenInputFactors } from './input-subspace.ts';
import type { Neighbour } from './neighbours.ts';
import { onBase, withBase, type TrainingBase } from './onto.ts';
import type { TrainingReport } from './reports.ts';
import { parseTrainingSettings, type TrainingSettings, type TrainingSettingsInput } from './settings.ts';
import { openTaskRun, type MeasuredProbe, type TaskOutcome, type TaskRun } from './task-run.ts';

/** A frozen backbone, as it is stored: weights, identity and how images are prepared for it. */
export interface Backbone extends BackboneModel {
  /** `sha256:...` of the weights. */
  readonly digest: string;
  readonly preprocess: PreprocessSpec;
}

export interface SharedTrainOptions extends RunOptions {
  readonly engine: Engine;
  readonly backbone: Backbone;
  readonly settings?: TrainingSettingsInput;
  /**
   * A generalist to train on top of: its update is frozen and active, and the head's start is solved on its features. The result
   * holds both updates, so for N such specialists a mean of results is the base plus the mean of their own updates.
   */
  readonly onto?: TrainingBase | null;
  /** Published adapters for `settings.neighbours` of kind `adapters`. */
  readonly neighbours?: readonly Neighbour[];
  /** Images in one forward run of features and scores; default 64. */
  readonly evaluationBatchSize?: number;
}

export interface TrainTogetherOptions extends SharedTrainOptions {
  readonly datasets: readonly Dataset[];
}

/** What one task has of a run. */
export interface TrainedHead extends TaskOutcome {
  readonly task: Task;
  readonly head: NamedTensors;
  readonly probe: MeasuredProbe;
}

export interface TrainedTogether {
  readonly tasks: readonly TrainedHead[];
  readonly adapter: AdapterModel;
  readonly ownAdapter: AdapterModel;
  readonly settings: TrainingSettings;
  readonly best: EpochRecord;
  readonly history: readonly EpochRecord[];
  readonly updates: number;
  readonly stoppedEarly: boolean;
  readonly imagesPerSecond: number | null;
  readonly environment: Readonly<Record<string, string>>;
}

/** One adapter and a head per data set: probes, training, comparison. `trainSpecialist` and `trainJoint` are its public faces. */
export async function* trainTogether(options: TrainTogetherOptions): AsyncGenerator<TrainingReport, TrainedTogether> {
  const { engine, backbone, onto, datasets } = options;
  const settings = parseTrainingSettings(options.settings);
  const spec = settings.adapter;
  const start = onBase(backbone, onto);
  const frozen = frozenInputFactors(backbone.config, settings, backbone.digest);

  const runs: TaskRun[] = [];
  for (const dataset of datasets) runs.push(yield* openTaskRun({ ...options, settings, dataset, start }));

  const { config, params } = start;
  const fitted = yield* fitTasks({
    ...options,
    backbone: start,
    preprocess: backbone.preprocess,
    tasks: runs.map(({ task, train, val, startHead }) => ({
      task,
      train,
      val,
      head: settings.headInit === 'probe' ? startHead : initHead(config, task.labels.length, settings.seed),
    })),
    settings,
    adapter: {
      ...initAdapter(config, spec, {
        seed: settings.seed,
        params,
        std: settings.initStd === 'unit' ? 1 / Math.sqrt(config.embedDim) : settings.initStd,
      }),
      ...frozen,
    },
    frozen,
    startIsCandidate: settings.headInit === 'probe',
    identity: {
      backbone: backbone.digest,
      data: datasets.map(({ digest }) => digest).join(),
      ...(onto ? { onto: onto.digest } : {}),
    },
  });

  const ownAdapter: AdapterModel = { spec, tensors: fitted.adapter };
  const adapter = withBase(onto, ownAdapter);
  const tasks: TrainedHead[] = [];
  for (const [index, run] of runs.entries()) {
    const head = fitted.heads[index]!;
    tasks.push({ task: run.task, head, probe: run.probe, ...(yield* run.conclude(adapter, head)) });
  }
  return {
    tasks,
    adapter,
    ownAdapter,
    settings,
    best: fitted.best,
    history: fitted.history,
    updates: fitted.updates,
    stoppedEarly: fitted.stoppedEarly,
    imagesPerSecond: fitted.imagesPerSecond,
    environment: environmentOf(engine),
  };
}

import type { Dataset } from '@medlego/data';
import type { NamedTensors } from '@medlego/tensors';
import type { Task } from '@medlego/tasks';
import type { EpochRecord } from './checkpoint/checkpoint.ts';
import type { AdapterModel } from './features.ts';
import type { TrainingReport } from './reports.ts';
import type { TrainingSettings } from './settings.ts';
import type { MeasuredProbe, TaskOutcome } from './task-run.ts';
import { trainTogether, type SharedTrainOptions } from './train-together.ts';

export interface TrainSpecialistOptions extends SharedTrainOptions {
  /** Needs train and val; test is measured where it is there. */
  readonly dataset: Dataset;
}

export interface TrainedSpecialist extends TaskOutcome {
  readonly task: Task;
  /** What it changes in the plain backbone: its own update, and the base's where it was trained on top of one. */
  readonly adapter: AdapterModel;
  /** Its own update alone; the same as `adapter` without a base. */
  readonly ownAdapter: AdapterModel;
  /** `head.weight [labels, dim]`, `head.bias [labels]`. */
  readonly head: NamedTensors;
  readonly settings: TrainingSettings;
  /** The epoch that was kept; 0 is the start. */
  readonly best: EpochRecord;
  readonly history: readonly EpochRecord[];
  readonly probe: MeasuredProbe;
  readonly updates: number;
  readonly stoppedEarly: boolean;
  readonly imagesPerSecond: number | null;
  /** Engine, device, threads, versions. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Trains one specialist: solves the probe on the plain backbone, starts the head there (or at random), trains adapter and head,
 * keeps the best epoch on validation and compares it with the probe on the same images.
 * Every report is yielded, the specialist is returned; `finish` drives it. With the same options and a checkpoint folder a killed
 * run goes on where it was and returns the same bytes.
 *
 * @throws InvalidValueError, EmptySplitError (train or val), NonFiniteLossError, StoppedError, CheckpointMismatchError, CheckpointCorruptError
 */
export async function* trainSpecialist(
  options: TrainSpecialistOptions,
): AsyncGenerator<TrainingReport, TrainedSpecialist> {
  const { tasks, ...shared } = yield* trainTogether({ ...options, datasets: [options.dataset] });
  return { ...shared, ...tasks[0]! };
}

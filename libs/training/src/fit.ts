import { createBatchLoader, randomStream, type Batch, type PreprocessSpec, type Split } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import { float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { createCheckpointFolder } from './checkpoint/checkpoint-folder.ts';
import type { BackboneModel } from './features.ts';
import { measure } from './measure.ts';
import type { TrainingReport } from './reports.ts';
import { learningRateAt } from './schedules.ts';
import type { TrainingSettings } from './settings.ts';
import { createSpecialistStep, updateScaleName } from './specialist-step.ts';
import { splitImages } from './split-images.ts';
import { classFactors, isMultiLabel, rowWeights, type TaskShape } from './targets.ts';
import { runTrainLoop, type TrainLoopResult } from './train-loop.ts';
import type { TrainBatch } from './train-step.ts';

/** How a run is carried out, which does not change its result. */
export interface RunOptions {
  /** Folder of the run's checkpoints; without one nothing is written and nothing resumed. */
  readonly checkpointFolder?: string;
  /** Default 30; also after every epoch. */
  readonly checkpointEverySeconds?: number;
  /** Finish the step, write a checkpoint, throw StoppedError. */
  readonly signal?: AbortSignal;
  /** Monotonic milliseconds; default performance.now. */
  readonly now?: () => number;
}

export interface FitOptions extends RunOptions {
  readonly engine: Engine;
  readonly backbone: BackboneModel;
  readonly preprocess: PreprocessSpec;
  readonly task: TaskShape;
  readonly train: Split;
  readonly val: Split;
  readonly settings: TrainingSettings;
  /** Where adapter and head start. */
  readonly adapter: NamedTensors;
  readonly head: NamedTensors;
  /** Whether the start competes with the epochs. */
  readonly startIsCandidate: boolean;
  /** Identity of backbone and data, for checkpoints. */
  readonly identity: Readonly<Record<string, string>>;
}

export interface FitResult extends Omit<TrainLoopResult, 'parameters'> {
  readonly adapter: NamedTensors;
  readonly head: NamedTensors;
}

/** Stream number of update scales in data's counter-based random numbers, beside its own 1 to 3. */
const updateScaleStream = 16;

/** Trains adapter and head from a given start: compiled step, batches, loop, best epoch. See `runTrainLoop` for reports and errors. */
export async function* fit(options: FitOptions): AsyncGenerator<TrainingReport, FitResult> {
  const { engine, backbone, preprocess, task, train, val, settings } = options;
  const factors = classFactors(task, train, settings.classWeights);
  const specialist = createSpecialistStep(engine, {
    config: backbone.config,
    params: backbone.params,
    task,
    settings,
    adapter: options.adapter,
    head: options.head,
    positiveWeights: isMultiLabel(task) ? factors : null,
  });
  try {
    const { batchSize, seed } = settings;
    const loader = createBatchLoader(train, {
      task,
      batchSize,
      preprocess,
      seed,
      shuffle: true,
      augment: settings.augment,
    });
    const schedule = {
      schedule: settings.schedule,
      peak: settings.learningRate,
      totalSteps: settings.epochs * loader.stepsPerEpoch,
      warmupSteps: settings.warmupSteps,
    };
    const valImages = splitImages(val, preprocess);
    const evaluationBatch = settings.microBatchSize ?? batchSize;
    const result = yield* runTrainLoop({
      step: specialist.step,
      initial: specialist.initial,
      epochs: settings.epochs,
      stepsPerEpoch: loader.stepsPerEpoch,
      batchAt: (epoch, step) => {
        const batch = loader.batchAt(epoch, step);
        const scale = updateScaleAt(settings, epoch, step);
        return toTrainBatch(batch, task, train, factors, preprocess, scale);
      },
      learningRateAt: (update) => learningRateAt(schedule, update),
      evaluate: async (state) => measure(task, val, await specialist.logits(valImages, state, evaluationBatch)),
      selectBy: settings.selectBy,
      startIsCandidate: options.startIsCandidate,
      patience: settings.patience,
      fingerprint: {
        ...options.identity,
        ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)])),
      },
      environment: environmentOf(engine),
      checkpoints: options.checkpointFolder ? createCheckpointFolder(options.checkpointFolder) : null,
      checkpointEverySeconds: options.checkpointEverySeconds ?? 30,
      signal: options.signal,
      now: options.now ?? (() => performance.now()),
    });
    const { parameters, ...rest } = result;
    return { ...rest, ...specialist.split(parameters) };
  } finally {
    await specialist.dispose();
  }
}

/** What decides the last digits of a result beside settings and data. */
export function environmentOf({ info }: Engine): Record<string, string> {
  return {
    engine: info.engine,
    device: info.device,
    intraOpThreads: String(info.intraOpThreads),
    ...info.versions,
  };
}

/** Factor on the adapter's update in this step, uniform in the range; 1 without one. */
function updateScaleAt({ seed, updateScaleRange }: TrainingSettings, epoch: number, step: number): number {
  if (!updateScaleRange) return 1;
  const [low, high] = updateScaleRange;
  return low + (high - low) * randomStream(seed, updateScaleStream, epoch, step).uniform();
}

function toTrainBatch(
  batch: Batch,
  task: TaskShape,
  train: Split,
  factors: Float64Array | null,
  { imgSize }: PreprocessSpec,
  updateScale: number,
): TrainBatch {
  const size = batch.mask.length;
  const images: HostTensor<'float32'> = float32([size, imgSize, imgSize, 3], batch.images);
  const weights = new Float32Array(size);
  const labels = Int32Array.from(
    batch.indices.subarray(0, batch.count),
    (row) => train.labels[row * train.labelWidth]!,
  );
  weights.set(rowWeights(task, { count: batch.count, labels, labelWidth: 1 }, factors));
  return {
    images,
    targets: float32([size, task.labels.length], batch.labels),
    weights: float32([size], weights),
    count: batch.count,
    extra: { [updateScaleName]: updateScale },
  };
}

import { createBatchLoader, randomStream, type Batch, type PreprocessSpec, type Split } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import { float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { createCheckpointFolder } from './checkpoint/checkpoint-folder.ts';
import type { EpochMetrics } from './checkpoint/checkpoint.ts';
import type { BackboneModel } from './features.ts';
import { joinHeads, splitHead } from './joint/heads.ts';
import { createInterleaving } from './joint/interleave.ts';
import { foreignTarget } from './joint/joint-loss.ts';
import { columnsOf, meanMetrics } from './joint/joint-metrics.ts';
import { measure } from './measure.ts';
import { createNeighbours, type ActiveNeighbours, type Neighbour } from './neighbours.ts';
import { createQuietImages, type QuietImages } from './quiet.ts';
import type { TrainingReport } from './reports.ts';
import { learningRateAt } from './schedules.ts';
import type { TrainingSettings } from './settings.ts';
import { createSpecialistStep, updateScaleName, type SpecialistStep } from './specialist-step.ts';
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

/** A task with its images and where its head starts. */
export interface FitTask {
  readonly task: TaskShape;
  readonly train: Split;
  readonly val: Split;
  readonly head: NamedTensors;
}

interface SharedFitOptions extends RunOptions {
  readonly engine: Engine;
  readonly backbone: BackboneModel;
  readonly preprocess: PreprocessSpec;
  readonly settings: TrainingSettings;
  /** Where the adapter starts. */
  readonly adapter: NamedTensors;
  /** Tensors of the adapter that stay as they are (a frozen A), by name. */
  readonly frozen?: NamedTensors | null;
  /** For `settings.neighbours` of kind `adapters`. */
  readonly neighbours?: readonly Neighbour[];
  /** Whether the start competes with the epochs. */
  readonly startIsCandidate: boolean;
  /** Identity of backbone and data, for checkpoints. */
  readonly identity: Readonly<Record<string, string>>;
}

export interface FitOptions extends SharedFitOptions, FitTask {}

export interface FitTasksOptions extends SharedFitOptions {
  /** At least one; several share the adapter, each has its head. */
  readonly tasks: readonly (FitTask & { readonly task: TaskShape & { readonly name: string } })[];
}

interface FitOutcome extends Omit<TrainLoopResult, 'parameters'> {
  readonly adapter: NamedTensors;
}

export interface FitResult extends FitOutcome {
  readonly head: NamedTensors;
}

export interface FitTasksResult extends FitOutcome {
  /** One per task, in their order. */
  readonly heads: readonly NamedTensors[];
}

/** Stream number of update scales in data's counter-based random numbers, beside its own 1 to 3. */
const updateScaleStream = 16;

/** `fitTasks` for one task. */
export async function* fit(options: FitOptions): AsyncGenerator<TrainingReport, FitResult> {
  const { task, train, val, head, ...shared } = options;
  const tasks = [{ task: { ...task, name: 'task' }, train, val, head }];
  const { heads, ...rest } = yield* fitTasks({ ...shared, tasks });
  return { ...rest, head: heads[0]! };
}

/**
 * Trains adapter and heads from a given start: compiled step, batches, loop, best epoch. Several tasks share one compiled step; each
 * step trains one of them (see `createInterleaving`), and validation is the mean of their metrics.
 * See `runTrainLoop` for reports and errors.
 */
export async function* fitTasks(options: FitTasksOptions): AsyncGenerator<TrainingReport, FitTasksResult> {
  const { engine, backbone, preprocess, tasks, settings } = options;
  const widths = tasks.map(({ task }) => task.labels.length);
  const factors = tasks.map(({ task, train }) => classFactors(task, train, settings.classWeights));
  const neighbours = createNeighbours({ ...backbone, settings, neighbours: options.neighbours });
  const quiet = createQuietImages(settings, preprocess);
  const specialist = createSpecialistStep(engine, {
    config: backbone.config,
    params: backbone.params,
    task: tasks.map(({ task }) => task),
    settings,
    adapter: options.adapter,
    head: joinHeads(tasks.map(({ head }) => head)),
    frozen: options.frozen,
    neighbours,
    quiet,
    positiveWeights: positiveWeightsOf(tasks, factors),
  });
  try {
    const { batchSize, seed } = settings;
    const loaders = tasks.map(({ task, train }) =>
      createBatchLoader(train, { task, batchSize, preprocess, seed, shuffle: true, augment: settings.augment }),
    );
    const interleaving = createInterleaving({
      passes: loaders.map(({ stepsPerEpoch }) => stepsPerEpoch),
      seed,
      temperature: settings.taskTemperature,
    });
    const schedule = {
      schedule: settings.schedule,
      peak: settings.learningRate,
      totalSteps: settings.epochs * interleaving.stepsPerEpoch,
      warmupSteps: settings.warmupSteps,
    };
    const result = yield* runTrainLoop({
      step: specialist.step,
      initial: specialist.initial,
      epochs: settings.epochs,
      stepsPerEpoch: interleaving.stepsPerEpoch,
      batchAt: (epoch, step) => {
        const { task: index, ...at } = interleaving.at(epoch, step);
        const batch = loaders[index]!.batchAt(at.pass, at.step);
        return {
          ...toTrainBatch(batch, tasks[index]!, factors[index]!, preprocess, columnsOf(widths, index)),
          extra: extraAt(settings, { neighbours, quiet }, epoch, step),
        };
      },
      learningRateAt: (update) => learningRateAt(schedule, update),
      evaluate: createEvaluation(options, specialist, widths),
      selectBy: settings.selectBy,
      startIsCandidate: options.startIsCandidate,
      patience: settings.patience,
      fingerprint: {
        ...options.identity,
        ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)])),
        ...(options.neighbours?.length
          ? { 'neighbour adapters': options.neighbours.map(({ digest }) => digest).join() }
          : {}),
      },
      environment: environmentOf(engine),
      checkpoints: options.checkpointFolder ? createCheckpointFolder(options.checkpointFolder) : null,
      checkpointEverySeconds: options.checkpointEverySeconds ?? 30,
      signal: options.signal,
      now: options.now ?? (() => performance.now()),
    });
    const { parameters, ...rest } = result;
    const { adapter, head } = specialist.split(parameters);
    return { ...rest, adapter, heads: splitHead(head, widths) };
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

/** Validation of one task, or the mean over several with each task's own metrics beside it. */
function createEvaluation(
  { tasks, settings, preprocess }: FitTasksOptions,
  specialist: SpecialistStep,
  widths: readonly number[],
): Parameters<typeof runTrainLoop>[0]['evaluate'] {
  const images = tasks.map(({ val }) => splitImages(val, preprocess));
  const batch = settings.microBatchSize ?? settings.batchSize;
  return async (state) => {
    const measured: Record<string, EpochMetrics> = {};
    for (const [index, { task, val }] of tasks.entries()) {
      const logits = await specialist.logits(images[index]!, state, batch);
      measured[task.name] = measure(task, val, columnsOf(widths, index).of(logits));
    }
    return tasks.length === 1 ? Object.values(measured)[0]! : meanMetrics(measured);
  };
}

/** [columns] for all tasks, or null where none weights its positive labels. */
function positiveWeightsOf(
  tasks: readonly { readonly task: TaskShape }[],
  factors: readonly (Float64Array | null)[],
): Float64Array | null {
  if (!tasks.some(({ task }, i) => isMultiLabel(task) && factors[i])) return null;
  return Float64Array.from(
    tasks.flatMap(({ task }, i) =>
      task.labels.map((_, label) => (isMultiLabel(task) ? (factors[i]?.[label] ?? 1) : 1)),
    ),
  );
}

function extraAt(
  { seed, updateScaleRange }: TrainingSettings,
  { neighbours, quiet }: { readonly neighbours: ActiveNeighbours | null; readonly quiet: QuietImages | null },
  epoch: number,
  step: number,
): TrainBatch['extra'] {
  const [low, high] = updateScaleRange ?? [1, 1];
  return {
    /** Factor on the adapter's update in this step, uniform in the range; 1 without one. */
    [updateScaleName]: low + (high - low) * randomStream(seed, updateScaleStream, epoch, step).uniform(),
    ...(neighbours ? { [neighbours.inputName]: neighbours.inputAt(epoch, step) } : {}),
    ...(quiet ? { [quiet.inputName]: quiet.inputAt(epoch, step) } : {}),
  };
}

function toTrainBatch(
  batch: Batch,
  { task, train }: FitTask,
  factors: Float64Array | null,
  { imgSize }: PreprocessSpec,
  columns: ReturnType<typeof columnsOf>,
): TrainBatch {
  const size = batch.mask.length;
  const images: HostTensor<'float32'> = float32([size, imgSize, imgSize, 3], batch.images);
  const weights = new Float32Array(size);
  const labels = Int32Array.from(
    batch.indices.subarray(0, batch.count),
    (row) => train.labels[row * train.labelWidth]!,
  );
  weights.set(rowWeights(task, { count: batch.count, labels, labelWidth: 1 }, factors));
  const targets = float32([size, task.labels.length], batch.labels);
  return {
    images,
    targets: columns.into(targets, foreignTarget),
    weights: float32([size], weights),
    count: batch.count,
  };
}

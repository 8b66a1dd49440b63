import { requireSplit, type Dataset, type PreprocessSpec, type Split } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import type { HostTensor, NamedTensors } from '@medlego/tensors';
import type { Task } from '@medlego/tasks';
import { initAdapter, initHead } from '@medlego/vit';
import type { EpochMetrics, EpochRecord } from './checkpoint/checkpoint.ts';
import { compareWithProbe, describeComparison, type ProbeComparison } from './compare-with-probe.ts';
import { computeFeatures, type AdapterModel, type BackboneModel } from './features.ts';
import { environmentOf, fit, type RunOptions } from './fit.ts';
import { applyHead } from './head.ts';
import { measure, toCases } from './measure.ts';
import { solveProbe, type LabelledFeatures, type Probe } from './probe/solve-probe.ts';
import type { TrainingReport } from './reports.ts';
import { parseTrainingSettings, type TrainingSettings, type TrainingSettingsInput } from './settings.ts';
import { splitImages } from './split-images.ts';

/** A frozen backbone, as it is stored: weights, identity and how images are prepared for it. */
export interface Backbone extends BackboneModel {
  /** `sha256:...` of the weights. */
  readonly digest: string;
  readonly preprocess: PreprocessSpec;
}

export interface TrainSpecialistOptions extends RunOptions {
  readonly engine: Engine;
  readonly backbone: Backbone;
  /** Needs train and val; test is measured where it is there. */
  readonly dataset: Dataset;
  readonly settings?: TrainingSettingsInput;
  /** Images in one forward run of features and scores; default 64. */
  readonly evaluationBatchSize?: number;
}

/** The solved probe of a task on the plain backbone, with its metrics. */
export interface MeasuredProbe extends Probe {
  readonly val: EpochMetrics;
  /** null where the data set has no test split. */
  readonly test: EpochMetrics | null;
}

export interface TrainedSpecialist {
  readonly task: Task;
  readonly adapter: AdapterModel;
  /** `head.weight [labels, dim]`, `head.bias [labels]`. */
  readonly head: NamedTensors;
  readonly settings: TrainingSettings;
  /** The epoch that was kept; 0 is the start. */
  readonly best: EpochRecord;
  readonly history: readonly EpochRecord[];
  readonly val: EpochMetrics;
  readonly test: EpochMetrics | null;
  readonly probe: MeasuredProbe;
  /** Against the probe, on test where there is one. */
  readonly comparison: ProbeComparison;
  /** Whether the specialist is better than the probe by more than chance. */
  readonly beatsProbe: boolean;
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
  const { engine, backbone, dataset, signal, evaluationBatchSize: batchSize } = options;
  const settings = parseTrainingSettings(options.settings);
  const { task } = dataset;
  const now = options.now ?? (() => performance.now());
  const train = requireSplit(dataset, 'train');
  const val = requireSplit(dataset, 'val');
  const test = dataset.splits.test.count > 0 ? dataset.splits.test : null;

  const featuresOf = async (split: Split, adapter?: AdapterModel): Promise<LabelledFeatures> => ({
    count: split.count,
    labels: split.labels,
    labelWidth: split.labelWidth,
    features: await computeFeatures(engine, backbone, splitImages(split, backbone.preprocess), {
      adapter,
      batchSize,
      signal,
    }),
  });

  const probeStart = now();
  const plain = { train: await featuresOf(train), val: await featuresOf(val), test: test && (await featuresOf(test)) };
  const solved = solveProbe({ task, train: plain.train, val: plain.val, classWeights: settings.classWeights });
  const probeLogits = {
    val: applyHead(plain.val.features, solved.head),
    test: plain.test && applyHead(plain.test.features, solved.head),
  };
  const probe: MeasuredProbe = {
    ...solved,
    val: measure(task, val, probeLogits.val),
    test: test && probeLogits.test && measure(task, test, probeLogits.test),
  };
  yield { type: 'probe', l2: probe.l2, val: probe.val, test: probe.test, seconds: (now() - probeStart) / 1000 };

  const spec = settings.adapter;
  const fitted = yield* fit({
    ...options,
    preprocess: backbone.preprocess,
    task,
    train,
    val,
    settings,
    adapter: initAdapter(backbone.config, spec, {
      seed: settings.seed,
      params: backbone.params,
      std: settings.initStd === 'unit' ? 1 / Math.sqrt(backbone.config.embedDim) : settings.initStd,
    }),
    head: settings.headInit === 'probe' ? solved.head : initHead(backbone.config, task.labels.length, settings.seed),
    startIsCandidate: settings.headInit === 'probe',
    identity: { backbone: backbone.digest, data: dataset.digest },
  });

  const adapter: AdapterModel = { spec, tensors: fitted.adapter };
  const logitsOf = async (split: Split): Promise<HostTensor<'float32'>> =>
    applyHead((await featuresOf(split, adapter)).features, fitted.head);
  const valLogits = await logitsOf(val);
  const testLogits = test && (await logitsOf(test));
  const comparison =
    test && testLogits
      ? compareWithProbe('test', toCases(task, test, testLogits), toCases(task, test, probeLogits.test!), settings.seed)
      : compareWithProbe('val', toCases(task, val, valLogits), toCases(task, val, probeLogits.val), settings.seed);
  const beatsProbe = comparison.verdict === 'yes';
  if (!beatsProbe) yield { type: 'warning', message: describeComparison(comparison) };

  return {
    task,
    adapter,
    head: fitted.head,
    settings,
    best: fitted.best,
    history: fitted.history,
    val: measure(task, val, valLogits),
    test: test && testLogits && measure(task, test, testLogits),
    probe,
    comparison,
    beatsProbe,
    updates: fitted.updates,
    stoppedEarly: fitted.stoppedEarly,
    imagesPerSecond: fitted.imagesPerSecond,
    environment: environmentOf(engine),
  };
}

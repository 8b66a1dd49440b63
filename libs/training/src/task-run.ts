import { requireSplit, type Dataset, type PreprocessSpec, type Split } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import type { Task } from '@medlego/tasks';
import type { HostTensor, NamedTensors } from '@medlego/tensors';
import type { EpochMetrics } from './checkpoint/checkpoint.ts';
import { compareWithProbe, describeComparison, type ProbeComparison } from './compare-with-probe.ts';
import { computeFeatures, type AdapterModel, type BackboneModel } from './features.ts';
import { applyHead } from './head.ts';
import { measure, toCases } from './measure.ts';
import { solveProbe, type LabelledFeatures, type Probe } from './probe/solve-probe.ts';
import type { ProbeReport, WarningReport } from './reports.ts';
import type { TrainingSettings } from './settings.ts';
import { splitImages } from './split-images.ts';

/** The solved probe of a task on the plain backbone, with its metrics. */
export interface MeasuredProbe extends Probe {
  readonly val: EpochMetrics;
  /** null where the data set has no test split. */
  readonly test: EpochMetrics | null;
}

/** How a trained model does on one task, beside the probe. */
export interface TaskOutcome {
  readonly val: EpochMetrics;
  readonly test: EpochMetrics | null;
  /** Against the probe, on test where there is one. */
  readonly comparison: ProbeComparison;
  /** Whether it is better than the probe by more than chance. */
  readonly beatsProbe: boolean;
}

/** A task before and after training: its splits, its probe, and how the result is measured. */
export interface TaskRun {
  readonly task: Task;
  readonly dataset: Dataset;
  readonly train: Split;
  readonly val: Split;
  readonly probe: MeasuredProbe;
  /** The head solved on the features that training starts from: the probe's own on the plain backbone. */
  readonly startHead: NamedTensors;
  /** Measures an adapter and a head. Yields a warning where they do not beat the probe. */
  conclude(adapter: AdapterModel, head: NamedTensors): AsyncGenerator<WarningReport, TaskOutcome>;
}

export interface TaskRunOptions {
  readonly engine: Engine;
  readonly backbone: BackboneModel & { readonly preprocess: PreprocessSpec };
  /** What the adapter is trained on top of; the backbone itself by default. */
  readonly start?: BackboneModel;
  readonly dataset: Dataset;
  readonly settings: TrainingSettings;
  readonly evaluationBatchSize?: number;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
}

/**
 * Computes the features of a task and solves its probe.
 * @throws EmptySplitError without train or val images, InvalidValueError
 */
export async function* openTaskRun(options: TaskRunOptions): AsyncGenerator<ProbeReport, TaskRun> {
  const { engine, backbone, dataset, settings, signal, evaluationBatchSize: batchSize, start = backbone } = options;
  const { task } = dataset;
  const now = options.now ?? (() => performance.now());
  const train = requireSplit(dataset, 'train');
  const val = requireSplit(dataset, 'val');
  const test = dataset.splits.test.count > 0 ? dataset.splits.test : null;
  const featuresOf = async (
    split: Split,
    adapter: AdapterModel | null,
    model: BackboneModel = backbone,
  ): Promise<LabelledFeatures> => ({
    count: split.count,
    labels: split.labels,
    labelWidth: split.labelWidth,
    features: await computeFeatures(engine, model, splitImages(split, backbone.preprocess), {
      adapter,
      batchSize,
      signal,
    }),
  });
  const solve = async (model: BackboneModel) => {
    const features = { train: await featuresOf(train, null, model), val: await featuresOf(val, null, model) };
    return { features, solved: solveProbe({ task, ...features, classWeights: settings.classWeights }) };
  };

  const began = now();
  const { features: plain, solved } = await solve(backbone);
  const logits = {
    val: applyHead(plain.val.features, solved.head),
    test: test && applyHead((await featuresOf(test, null)).features, solved.head),
  };
  const probe: MeasuredProbe = {
    ...solved,
    val: measure(task, val, logits.val),
    test: test && logits.test && measure(task, test, logits.test),
  };
  yield {
    type: 'probe',
    task: task.name,
    l2: probe.l2,
    val: probe.val,
    test: probe.test,
    seconds: (now() - began) / 1000,
  };
  const startHead =
    start === backbone || settings.headInit === 'random' ? solved.head : (await solve(start)).solved.head;

  return {
    task,
    dataset,
    train,
    val,
    probe,
    startHead,
    async *conclude(adapter, head) {
      const logitsOf = async (split: Split): Promise<HostTensor<'float32'>> =>
        applyHead((await featuresOf(split, adapter)).features, head);
      const valLogits = await logitsOf(val);
      const testLogits = test && (await logitsOf(test));
      const { seed } = settings;
      const comparison =
        test && testLogits
          ? compareWithProbe('test', toCases(task, test, testLogits), toCases(task, test, logits.test!), seed)
          : compareWithProbe('val', toCases(task, val, valLogits), toCases(task, val, logits.val), seed);
      const beatsProbe = comparison.verdict === 'yes';
      if (!beatsProbe) yield { type: 'warning', message: `${task.name}: ${describeComparison(comparison)}` };
      return {
        val: measure(task, val, valLogits),
        test: test && testLogits && measure(task, test, testLogits),
        comparison,
        beatsProbe,
      };
    },
  };
}

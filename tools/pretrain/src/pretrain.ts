import { existsSync } from 'node:fs';
import { openCifarArchive, requireSplit, selectRows, type Split } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import { evaluateScores, type Evaluation } from '@medlego/metrics';
import { digestTensors, type NamedTensors } from '@medlego/tensors';
import {
  createCheckpointFolder,
  finish,
  fit,
  predictScores,
  splitImages,
  type FitResult,
  type TrainingReport,
  type TrainingSettings,
} from '@medlego/training';
import { initHead, initParams, presetConfig, type VitConfig } from '@medlego/vit';
import { nameOf, type PretrainOptions } from './options.ts';
import { pretrainPreprocess, pretrainSettings, valPerClass } from './recipe.ts';

export interface PretrainHooks {
  readonly onReport?: (report: TrainingReport) => void;
  readonly onDecoded?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface PretrainedBackbone {
  readonly name: string;
  readonly config: VitConfig;
  /** By timm's names, without the head. */
  readonly params: NamedTensors;
  readonly digest: string;
  readonly settings: TrainingSettings;
  readonly fitted: Pick<FitResult, 'history' | 'updates' | 'imagesPerSecond'>;
  readonly images: { readonly train: number; readonly val: number; readonly test: number };
  readonly dataDigest: string;
  /** Of the classes of the pretraining images, with the head that is then thrown away. */
  readonly test: Evaluation;
}

/** Trains the backbone through the loop that trains specialists, with all weights trainable, and measures it on the test images. */
export async function pretrain(
  engine: Engine,
  options: PretrainOptions,
  hooks: PretrainHooks = {},
): Promise<PretrainedBackbone> {
  const checkpoints = createCheckpointFolder(options.checkpointFolder);
  if (!options.resume && existsSync(checkpoints.newest))
    throw new InvalidValueError({
      field: '--resume',
      expected: `set, because ${checkpoints.newest} exists (or remove it to start over)`,
      actual: 'not set',
    });
  const dataset = await openCifarArchive(options.data, {
    cacheDir: options.cacheFolder,
    valPerClass,
    onProgress: hooks.onDecoded,
    signal: hooks.signal,
  });
  const { task } = dataset;
  const [train, val, test] = (['train', 'val', 'test'] as const).map((name) =>
    limited(requireSplit(dataset, name), options.limit),
  ) as [Split, Split, Split];
  const settings = pretrainSettings(options);
  const config = presetConfig('vit-nano');

  const fitted = await finish(
    fit({
      engine,
      backbone: { config, params: {} },
      preprocess: pretrainPreprocess,
      task,
      train,
      val,
      settings,
      adapter: initParams(config, settings.seed),
      head: initHead(config, task.labels.length, settings.seed),
      startIsCandidate: false,
      identity: { data: dataset.digest, limit: String(options.limit) },
      checkpointFolder: options.checkpointFolder,
      signal: hooks.signal,
    }),
    hooks.onReport,
  );

  const scores = await predictScores(
    engine,
    { config, params: fitted.adapter },
    splitImages(test, pretrainPreprocess),
    {
      kind: task.kind,
      head: fitted.head,
      batchSize: settings.batchSize,
    },
  );
  return {
    name: nameOf(options.output),
    config,
    params: fitted.adapter,
    digest: digestTensors(fitted.adapter),
    settings,
    fitted,
    images: { train: train.count, val: val.count, test: test.count },
    dataDigest: dataset.digest,
    test: evaluateScores({ kind: task.kind, labels: test.labels, scores }),
  };
}

/** Every k-th row, so that all classes stay. */
function limited(split: Split, limit: number | null): Split {
  if (limit === null || limit >= split.count) return split;
  return selectRows(
    split,
    Array.from({ length: limit }, (_, row) => Math.floor((row * split.count) / limit)),
  );
}

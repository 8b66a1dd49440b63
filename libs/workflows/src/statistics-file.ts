import type { Json } from '@medlego/artifacts';
import { permutation, requireSplit, selectRows, type Dataset } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import { encodeSafetensors, type NamedTensors } from '@medlego/tensors';
import { collectStatistics, splitImages, type AdapterModel, type StatisticsKind } from '@medlego/training';
import type { NamedBackbone } from './backbones.ts';
import { statisticsFile } from './generalist/read-statistics.ts';

/** Which statistics training writes beside an adapter, for merge methods that need them. */
export interface StatisticsRequest {
  readonly kinds: readonly StatisticsKind[];
  /** Training images that they are collected over, drawn at random by the seed; default 256. */
  readonly statisticsImages?: number;
}

export interface StatisticsFileOptions {
  readonly engine: Engine;
  readonly backbone: NamedBackbone;
  readonly dataset: Dataset;
  readonly adapter: AdapterModel;
  readonly head: NamedTensors;
  readonly seed: number;
  readonly request: StatisticsRequest;
  readonly signal?: AbortSignal;
}

export interface StatisticsFile {
  /** `statistics.safetensors`; empty where nothing was asked for. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** What the manifest says of it, the flag `derivedFromPatientData` first of all. */
  readonly config: { readonly [key: string]: Json };
}

/** Stream number of the choice of images in data's counter-based random numbers, beside its own 1 to 3 and training's 16 to 18. */
const imagesStream = 19;

/**
 * `gram.<module>` [in, in] and `fisher.<module>` [out, in], float32, of a specialist's own forward pass over training images without
 * augmentation. Modules that read the same input share one Gram: the metadata's `shared` is a JSON object from such a module to the one
 * whose tensor is its own, too. See `collectStatistics` for what the numbers are.
 *
 * @throws InvalidValueError for `statisticsImages` below 1, no kinds, or an adapter without modules
 */
export async function createStatisticsFile(options: StatisticsFileOptions): Promise<StatisticsFile> {
  const { engine, backbone, dataset, adapter, head, seed, request, signal } = options;
  const { kinds, statisticsImages = 256 } = request;
  if (!(Number.isInteger(statisticsImages) && statisticsImages >= 1))
    throw new InvalidValueError({
      field: 'statisticsImages',
      expected: 'a whole number from 1',
      actual: statisticsImages,
    });
  const train = requireSplit(dataset, 'train');
  const rows = permutation(train.count, seed, imagesStream, 0).slice(0, statisticsImages).sort();
  const { gram, fisher, sharedWith, images, tokens } = await collectStatistics({
    engine,
    backbone,
    adapter,
    head,
    task: dataset.task,
    images: splitImages(selectRows(train, rows), backbone.preprocess),
    kinds,
    signal,
  });
  const named = (prefix: string, tensors: NamedTensors) =>
    Object.entries(tensors).map(([module, tensor]) => [`${prefix}.${module}`, tensor]);
  return {
    files: {
      [statisticsFile]: encodeSafetensors(Object.fromEntries([...named('gram', gram), ...named('fisher', fisher)]), {
        images: String(images),
        tokens: String(tokens),
        derivedFrom: 'patient data',
        shared: JSON.stringify(sharedWith),
      }),
    },
    config: { derivedFromPatientData: true, kinds: [...kinds].sort(), images, tokens },
  };
}

import type { ArtifactStore, ResolveOptions, StoredArtifact } from '@medlego/artifacts';
import { createDataset, splitNames, type Dataset, type ImageSet, type Split, type SplitName } from '@medlego/data';
import { FileFormatError, InvalidValueError } from '@medlego/errors';
import { parseTask } from '@medlego/tasks';
import { encodeSafetensors, hostTensor, parseSafetensors, sizeOf, type Digest } from '@medlego/tensors';
import { creator } from './creator.ts';
import { describeDataset } from './datasets.ts';

/** `images` uint8 `[count, height, width, channels]` and `labels` int32 `[count, labelWidth]` of a split. */
const fileOf = (split: SplitName): string => `${split}.safetensors`;

const ofDatasets: ResolveOptions = { kind: 'dataset' };

export interface StoredDatasetName {
  /** Of the artifact that holds the images. */
  readonly digest: Digest;
  readonly name: string;
  readonly version: number;
}

/**
 * Stores a data set with all its images, under `name` (default: its task's). The same data and task give the same artifact, from whatever
 * files they came: paths, and what was left out of them, stay behind.
 * @throws as `ArtifactStore.put`
 */
export async function storeDataset(
  store: ArtifactStore,
  dataset: Dataset,
  { name = dataset.task.name }: { readonly name?: string } = {},
): Promise<StoredDatasetName> {
  const description = await describeDataset(store, dataset);
  const files = splitNames.map((split) => [fileOf(split), encodeSplit(dataset.splits[split])] as const);
  const { tasks, config, licences, nonCommercial } = description.manifest;
  const { digest } = await store.put({
    kind: 'dataset',
    tasks,
    files: Object.fromEntries(files),
    config,
    parents: [{ digest: description.digest, role: 'dataset' }],
    licences,
    nonCommercial,
    creator,
  });
  const { version } = await store.setName('dataset', name, digest);
  return { digest, name, version };
}

/** Whether an artifact of the kind `dataset` holds images, and not their description alone. */
export const hasImages = ({ manifest }: Pick<StoredArtifact, 'manifest'>): boolean =>
  splitNames.every((split) => fileOf(split) in manifest.files);

/**
 * The data set that `storeDataset` stored: same task, same splits, same digest, so that what is trained on it is the same too.
 * @throws ArtifactNotFoundError, InvalidValueError for a description without images, CorruptBlobError, FileFormatError
 */
export async function openStoredDataset(store: ArtifactStore, ref: string): Promise<Dataset> {
  const artifact = await store.get(ref, ofDatasets);
  if (!hasImages(artifact))
    throw new InvalidValueError({
      field: `data set ${ref}`,
      expected: 'one that is stored with its images',
      actual: 'a description without images',
    });
  const splits: Partial<Record<SplitName, Split>> = {};
  for (const split of splitNames)
    splits[split] = parseSplit(await store.readFile(artifact, fileOf(split)), `${ref} ${fileOf(split)}`);
  const task = parseTask(artifact.manifest.tasks[0], `${ref}.task`);
  const dataset = createDataset({ task, splits, source: { format: 'memory', path: ref, skipped: [] } });
  const { digest } = artifact.manifest.config;
  if (dataset.digest !== digest)
    throw new FileFormatError({
      file: ref,
      expected: `a data set with digest ${String(digest)}`,
      actual: dataset.digest,
    });
  return dataset;
}

/** The newest data set of a task that is stored with its images; undefined for none. @throws errors of the store */
export async function findStoredDataset(store: ArtifactStore, taskName: string): Promise<StoredArtifact | undefined> {
  const datasets = await store.list({ kind: 'dataset' });
  return datasets.findLast((artifact) => artifact.manifest.tasks[0]?.name === taskName && hasImages(artifact));
}

function encodeSplit({ images, labels, count, height, width, channels, labelWidth }: Split): Uint8Array {
  return encodeSafetensors({
    images: hostTensor('uint8', [count, height, width, channels], images),
    labels: hostTensor('int32', [count, labelWidth], labels),
  });
}

function parseSplit(bytes: Uint8Array, file: string): Split {
  const { images, labels } = parseSafetensors(bytes, file).tensors;
  if (images?.dtype !== 'uint8' || images.shape.length !== 4 || labels?.dtype !== 'int32' || labels.shape.length !== 2)
    throw new FileFormatError({
      file,
      expected: 'images, uint8 [count, height, width, channels], and labels, int32 [count, labelWidth]',
      actual: [images, labels].map((tensor) => (tensor ? `${tensor.dtype} [${tensor.shape}]` : 'none')).join(' and '),
    });
  const [count, height, width, channels] = images.shape as [number, number, number, number];
  if (!isChannels(channels))
    throw new FileFormatError({ file, expected: 'images of 1 or 3 channels', actual: String(channels) });
  return {
    images: images.data as Uint8Array,
    count,
    height,
    width,
    channels,
    labels: labels.data as Int32Array,
    labelWidth: sizeOf(labels.shape.slice(1)),
  };
}

const isChannels = (count: number): count is ImageSet['channels'] => count === 1 || count === 3;

import {
  assertSameBackbone,
  joinTerms,
  type ArtifactStore,
  type Parent,
  type StoredArtifact,
} from '@medlego/artifacts';
import type { Dataset } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import type { AdapterUpdates } from '@medlego/linalg';
import type {
  Neighbour,
  RunOptions,
  TrainingBase,
  TrainingReport,
  TrainingSettings,
  TrainingSettingsInput,
} from '@medlego/training';
import { adapterUpdates } from '@medlego/vit';
import { readAdapterFiles } from './adapter-files.ts';
import { keepBackbone, type NamedBackbone } from './backbones.ts';
import { describeDataset } from './datasets.ts';

/** What training one task and training several have in common. */
export interface TrainOptions extends RunOptions {
  readonly engine: Engine;
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly settings?: TrainingSettingsInput;
  /** Of the artifact. */
  readonly name: string;
  /** A generalist (or specialist) of the store to train on top of, by name or digest. */
  readonly onto?: string;
  /** Published specialists or generalists whose adapters are active in training, for `settings.neighbours` of kind `adapters`. */
  readonly neighbours?: readonly string[];
  /** Images in one forward run of features and scores. */
  readonly evaluationBatchSize?: number;
  /** The run waits for it. */
  readonly onReport?: (report: TrainingReport) => void | Promise<void>;
}

/** Other artifacts that a run builds on. */
export interface TrainInputs {
  readonly onto: TrainingBase | null;
  readonly neighbours: readonly Neighbour[];
  readonly artifacts: readonly { readonly role: 'base' | 'neighbour'; readonly artifact: StoredArtifact }[];
}

/**
 * Reads what `onto` and `neighbours` name.
 * @throws ArtifactNotFoundError, WrongBackboneError, InvalidValueError for a `full` model, which has no low-rank update
 */
export async function readTrainInputs({ store, backbone, onto, neighbours = [] }: TrainOptions): Promise<TrainInputs> {
  const read = async (ref: string): Promise<{ artifact: StoredArtifact; updates: AdapterUpdates }> => {
    const artifact = await store.get(ref, { kind: ['specialist', 'generalist'] });
    assertSameBackbone(backbone.digest as `sha256:${string}`, artifact.manifest.backbone!, ref);
    const adapter = await readAdapterFiles(store, artifact, backbone.config);
    return { artifact, updates: adapter ? adapterUpdates(adapter.spec, adapter.tensors, ref) : {} };
  };
  const base = onto === undefined ? null : await read(onto);
  // In the order of their digests: equal neighbours give equal bytes, in whatever order they were named.
  const others = (await Promise.all(neighbours.map(read))).sort((a, b) =>
    a.artifact.digest < b.artifact.digest ? -1 : 1,
  );
  const empty = others.find(({ updates }) => Object.keys(updates).length === 0);
  if (empty)
    throw new InvalidValueError({
      field: 'neighbours',
      expected: 'artifacts with an adapter',
      actual: `${empty.artifact.digest} without one`,
    });
  return {
    onto: base && { digest: base.artifact.digest, updates: base.updates },
    neighbours: others.map(({ artifact, updates }) => ({
      name: artifact.manifest.tasks.map(({ name }) => name).join('+'),
      digest: artifact.digest,
      updates,
    })),
    artifacts: [
      ...(base ? [{ role: 'base' as const, artifact: base.artifact }] : []),
      ...others.map(({ artifact }) => ({ role: 'neighbour' as const, artifact })),
    ],
  };
}

/** Backbone, data sets and the artifacts that a run built on. */
export async function trainParents(
  { store, backbone }: TrainOptions,
  datasets: readonly Dataset[],
  { artifacts }: TrainInputs,
): Promise<Parent[]> {
  const parents: Parent[] = [{ digest: (await keepBackbone(store, backbone)).digest, role: 'backbone' }];
  for (const dataset of datasets)
    parents.push({ digest: (await describeDataset(store, dataset)).digest, role: 'dataset' });
  return [...parents, ...artifacts.map(({ role, artifact }) => ({ digest: artifact.digest, role }))];
}

/** Licences of the data and of every artifact whose weights went in. */
export const trainTerms = (datasets: readonly Dataset[], { artifacts }: TrainInputs): ReturnType<typeof joinTerms> =>
  joinTerms([
    ...datasets.map(({ task }) => ({ licences: [task.licence], nonCommercial: task.nonCommercial })),
    ...artifacts.map(({ artifact }) => artifact.manifest),
  ]);

/** What a manifest says of the way it was trained. */
export const trainConfig = (
  { backbone }: TrainOptions,
  { artifacts }: TrainInputs,
  { settings, environment }: { settings: TrainingSettings; environment: Readonly<Record<string, string>> },
): Record<string, unknown> => ({
  settings,
  environment,
  backbone: { name: backbone.name },
  ...(artifacts.some(({ role }) => role === 'base')
    ? { onto: artifacts.find(({ role }) => role === 'base')!.artifact.digest }
    : {}),
  ...(artifacts.some(({ role }) => role === 'neighbour')
    ? { neighbours: artifacts.filter(({ role }) => role === 'neighbour').map(({ artifact }) => artifact.digest) }
    : {}),
});

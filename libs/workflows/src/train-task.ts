import { jsonFile, specialistFiles, type ArtifactStore, type Json, type StoredArtifact } from '@medlego/artifacts';
import type { Dataset } from '@medlego/data';
import { digestTensors, encodeSafetensors, parseSafetensors } from '@medlego/tensors';
import {
  finish,
  trainSpecialist,
  type AdapterModel,
  type TrainedHead,
  type TrainedSpecialist,
} from '@medlego/training';
import { parseAdapterSpec } from '@medlego/vit';
import { adapterFiles, headFile } from './adapter-files.ts';
import { creator } from './creator.ts';
import { createStatisticsFile, type StatisticsRequest } from './statistics-file.ts';
import { readTrainInputs, trainConfig, trainParents, trainTerms, type TrainOptions } from './train-inputs.ts';

/** The linear head solved on the plain backbone, kept beside the specialist's own. */
export const probeHeadFile = 'probe.safetensors';

/** The own update of a specialist that was trained on top of a base, by the names that adapters have in memory. */
const ownAdapterFile = 'own_adapter.safetensors';

export interface TrainTaskOptions extends TrainOptions {
  readonly dataset: Dataset;
  /** Statistics of the training data to write beside the adapter; they are derived from patient data. */
  readonly statistics?: StatisticsRequest;
}

export interface TrainedTask {
  readonly artifact: StoredArtifact;
  readonly trained: TrainedSpecialist;
}

export const json = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

/**
 * Trains one specialist and stores it under `name`. The artifact's digest depends on data, backbone, settings and environment, not on time.
 *
 * Trained `onto` a generalist, its adapter holds the generalist's update τ₀ and its own δ, so that it is evaluated, exported and merged
 * like any other: for N specialists on one base, Σ wᵢ (τ₀ + δᵢ) = τ₀ + Σ wᵢ δᵢ where the weights sum to 1. `readOwnUpdate` gives δ alone.
 */
export async function trainTask(options: TrainTaskOptions): Promise<TrainedTask> {
  const { engine, store, backbone, dataset, name, onReport, signal } = options;
  const inputs = await readTrainInputs(options);
  const trained = await finish(
    trainSpecialist({ ...options, onto: inputs.onto, neighbours: inputs.neighbours }),
    onReport,
  );
  const { task, settings, adapter, ownAdapter, head, best } = trained;
  const statistics = options.statistics
    ? await createStatisticsFile({
        engine,
        backbone,
        dataset,
        adapter,
        head,
        seed: settings.seed,
        request: options.statistics,
        signal,
      })
    : null;
  const ownFile = encodeSafetensors(ownAdapter.tensors, { spec: JSON.stringify(ownAdapter.spec) });
  const artifact = await store.put(
    {
      kind: 'specialist',
      backbone: backbone.digest as `sha256:${string}`,
      tasks: [task],
      files: {
        ...adapterFiles(backbone.config, adapter),
        ...(inputs.onto && ownAdapter !== adapter ? { [ownAdapterFile]: ownFile } : {}),
        [specialistFiles.head]: headFile(head),
        [specialistFiles.task]: jsonFile(task),
        [probeHeadFile]: headFile(trained.probe.head),
        ...statistics?.files,
      },
      config: json({
        ...trainConfig(options, inputs, trained),
        dataset: { digest: dataset.digest },
        ...(statistics ? { statistics: statistics.config } : {}),
      }) as Record<string, Json>,
      metrics: json({ best: best.epoch, history: trained.history, ...taskMetrics(trained) }) as Record<string, Json>,
      parents: await trainParents(options, [dataset], inputs),
      ...trainTerms([dataset], inputs),
      creator,
    },
    { name },
  );
  return { artifact, trained };
}

/** What a manifest says of one task's results. */
export const taskMetrics = ({
  val,
  test,
  probe,
  comparison,
  beatsProbe,
}: Omit<TrainedHead, 'task' | 'head'>): object => ({
  val,
  test,
  probe: { l2: probe.l2, val: probe.val, test: probe.test, head: digestTensors(probe.head) },
  comparison,
  beatsProbe,
});

/** The own update of a specialist that was trained on top of another artifact; null for one that was not. */
export async function readOwnUpdate(store: ArtifactStore, artifact: StoredArtifact): Promise<AdapterModel | null> {
  if (!artifact.manifest.files[ownAdapterFile]) return null;
  const file = `${artifact.digest} ${ownAdapterFile}`;
  const { tensors, metadata } = parseSafetensors(await store.readFile(artifact, ownAdapterFile), file);
  return { spec: parseAdapterSpec(JSON.parse(metadata['spec'] ?? '{}'), file), tensors };
}

import { jsonFile, specialistFiles, type ArtifactStore, type Json, type StoredArtifact } from '@medlego/artifacts';
import type { Dataset } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import { digestTensors } from '@medlego/tensors';
import {
  finish,
  trainSpecialist,
  type RunOptions,
  type TrainedSpecialist,
  type TrainingReport,
  type TrainingSettingsInput,
} from '@medlego/training';
import { adapterFiles, headFile } from './adapter-files.ts';
import { keepBackbone, type NamedBackbone } from './backbones.ts';
import { creator } from './creator.ts';
import { describeDataset } from './datasets.ts';

/** The linear head solved on the plain backbone, kept beside the specialist's own. */
export const probeHeadFile = 'probe.safetensors';

export interface TrainTaskOptions extends RunOptions {
  readonly engine: Engine;
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly dataset: Dataset;
  readonly settings?: TrainingSettingsInput;
  readonly name: string;
  /** Images in one forward run of features and scores. */
  readonly evaluationBatchSize?: number;
  readonly onReport?: (report: TrainingReport) => void;
}

export interface TrainedTask {
  readonly artifact: StoredArtifact;
  readonly trained: TrainedSpecialist;
}

const json = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

/** Trains one specialist and stores it under `name`. The artifact's digest depends on data, backbone, settings and environment, not on time. */
export async function trainTask(options: TrainTaskOptions): Promise<TrainedTask> {
  const { store, backbone, dataset, name, onReport } = options;
  const trained = await finish(trainSpecialist(options), onReport);
  const { task, settings, adapter, head, probe, best, environment } = trained;
  const parents = [
    { digest: (await keepBackbone(store, backbone)).digest, role: 'backbone' },
    { digest: (await describeDataset(store, dataset)).digest, role: 'dataset' },
  ];
  const artifact = await store.put(
    {
      kind: 'specialist',
      backbone: backbone.digest as `sha256:${string}`,
      tasks: [task],
      files: {
        ...adapterFiles(backbone.config, adapter),
        [specialistFiles.head]: headFile(head),
        [specialistFiles.task]: jsonFile(task),
        [probeHeadFile]: headFile(probe.head),
      },
      config: json({
        settings,
        environment,
        backbone: { name: backbone.name },
        dataset: { digest: dataset.digest },
      }) as Record<string, Json>,
      metrics: json({
        best: best.epoch,
        history: trained.history,
        val: trained.val,
        test: trained.test,
        probe: { l2: probe.l2, val: probe.val, test: probe.test, head: digestTensors(probe.head) },
        comparison: trained.comparison,
        beatsProbe: trained.beatsProbe,
      }) as Record<string, Json>,
      parents,
      licences: [task.licence],
      nonCommercial: task.nonCommercial,
      creator,
    },
    { name },
  );
  return { artifact, trained };
}

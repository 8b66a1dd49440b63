import { generalistFiles, jsonFile, type Json, type StoredArtifact } from '@medlego/artifacts';
import type { Dataset } from '@medlego/data';
import { finish, trainJoint, type TrainedJoint } from '@medlego/training';
import { adapterFiles, headFile } from './adapter-files.ts';
import { creator } from './creator.ts';
import { probeFileOf } from './probe-file.ts';
import { json, taskMetrics } from './train-task.ts';
import { readTrainInputs, trainConfig, trainParents, trainTerms, type TrainOptions } from './train-inputs.ts';

export interface JoinTasksOptions extends TrainOptions {
  /** One per task, in any order. */
  readonly datasets: readonly Dataset[];
}

export interface JoinedTasks {
  readonly artifact: StoredArtifact;
  readonly trained: TrainedJoint;
}

/**
 * Trains one adapter of any kind with a head per task on all tasks together and stores it as a generalist under `name`, with the
 * recipe method `joint`: the multi-task row beside merges, which needs all images in one place.
 */
export async function joinTasks(options: JoinTasksOptions): Promise<JoinedTasks> {
  const { store, backbone, name, onReport } = options;
  const datasets = options.datasets.toSorted((a, b) => (a.task.name < b.task.name ? -1 : 1));
  const inputs = await readTrainInputs(options);
  const trained = await finish(
    trainJoint({ ...options, datasets, onto: inputs.onto, neighbours: inputs.neighbours }),
    onReport,
  );
  const { tasks, adapter, best } = trained;
  const recipe = { method: 'joint', params: {} };
  const byTask = <T>(value: (task: (typeof tasks)[number]) => T): Record<string, T> =>
    Object.fromEntries(tasks.map((task) => [task.task.name, value(task)]));
  const artifact = await store.put(
    {
      kind: 'generalist',
      backbone: backbone.digest as `sha256:${string}`,
      tasks: tasks.map(({ task }) => task),
      files: {
        ...adapterFiles(backbone.config, adapter),
        ...Object.fromEntries(
          tasks.flatMap(({ task, head, probe }) => [
            [generalistFiles.head(task.name), headFile(head)],
            [probeFileOf(task.name), headFile(probe.head)],
          ]),
        ),
        [generalistFiles.recipe]: jsonFile(recipe),
      },
      config: json({
        ...trainConfig(options, inputs, trained),
        recipe,
        datasets: Object.fromEntries(datasets.map(({ task, digest }) => [task.name, { digest }])),
      }) as Record<string, Json>,
      metrics: json({ best: best.epoch, history: trained.history, tasks: byTask(taskMetrics) }) as Record<string, Json>,
      parents: await trainParents(options, datasets, inputs),
      ...trainTerms(datasets, inputs),
      creator,
    },
    { name },
  );
  return { artifact, trained };
}

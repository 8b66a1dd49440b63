import type { StoredArtifact } from '@medlego/artifacts';
import type { Dataset } from '@medlego/data';
import type { Task } from '@medlego/tasks';
import type { NamedBackbone } from '@medlego/workflows';
import type { CommandContext } from './context.ts';
import { recallData } from './data-index.ts';
import { dataFolders } from './workspace.ts';

/** Finds the images of a task, given the artifact that was trained on them. */
export type DataFinder = (task: Task, trainedOn: StoredArtifact) => Promise<Dataset>;

/**
 * Looks where the user says, then where the data lay when this machine trained on them, then for a task of that name. Warns where the
 * images found are not those of the training.
 *
 * @param paths what the user says, by task
 */
export function createDataFinder(
  { home, out }: CommandContext,
  { preprocess }: NamedBackbone,
  paths: Readonly<Record<string, string>>,
): DataFinder {
  return async (task, { manifest }) => {
    const { openDataset } = await import('@medlego/data');
    // A joint model has a data set per task.
    const { dataset: own, datasets } = manifest.config as {
      dataset?: { digest?: string };
      datasets?: Record<string, { digest?: string }>;
    };
    const { digest } = own ?? datasets?.[task.name] ?? {};
    const path = paths[task.name] ?? (digest && (await recallData(home, digest))) ?? task.name;
    const dataset = await openDataset(path, { searchDirs: dataFolders, preprocess });
    if (digest && dataset.digest !== digest)
      out.warn(
        `${task.name}: ${path} is not the data that the specialist was trained on; images of its training split may be among these.`,
      );
    return dataset;
  };
}

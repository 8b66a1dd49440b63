import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import type { Dataset } from '@medlego/data';
import { DatasetNotFoundError } from '@medlego/errors';
import type { Task } from '@medlego/tasks';
import { findStoredDataset, hasImages, openStoredDataset } from '@medlego/workflows';

/**
 * The images of a task in the store: those that the specialist was trained on, so that none of its training images is among the test
 * images. Only a specialist that does not say what it was trained on takes the newest data set of its task.
 * @throws DatasetNotFoundError; as `openStoredDataset`
 */
export async function findTestData(store: ArtifactStore, task: Task, specialist: StoredArtifact): Promise<Dataset> {
  const trainedOn = specialist.manifest.parents.filter(({ role }) => role === 'dataset');
  for (const { digest } of trainedOn) {
    const known = await store.get(digest, { kind: 'dataset' });
    if (known.manifest.tasks[0]?.name !== task.name) continue; // a joint model was trained on several
    const [found] = hasImages(known)
      ? [known]
      : (await store.list({ kind: 'dataset', parent: known.digest })).filter(hasImages);
    if (found) return openStoredDataset(store, found.digest);
  }
  const other = trainedOn.length === 0 ? await findStoredDataset(store, task.name) : undefined;
  if (other) return openStoredDataset(store, other.digest);
  const hint = 'Store the data set that the specialist was trained on, with its images, and evaluate again.';
  throw new DatasetNotFoundError({ ref: task.name, searched: [store.location], hint });
}

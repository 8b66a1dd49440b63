import type { ArtifactStore } from '@medlego/artifacts';
import type { NamedBackbone } from '@medlego/workflows';
import type { CommandContext } from '../context.ts';
import { dataFolders, modelFolders } from '../workspace.ts';

export interface UploadedTask {
  readonly task: string;
  /** Reference of the data set, with its images, in the services' store. */
  readonly dataset: string;
}

/** A backbone that the services have, with the digest that they know it by. */
export interface UploadedBackbone {
  readonly backbone: NamedBackbone;
  readonly digest: string;
}

/** Makes sure that the services have a backbone: theirs if they know the reference, else this machine's. */
export async function uploadBackbone(store: ArtifactStore, ref: string): Promise<UploadedBackbone> {
  const { keepBackbone, openBackbone } = await import('@medlego/workflows');
  const backbone = await openBackbone(store, ref, modelFolders);
  return { backbone, digest: (await keepBackbone(store, backbone)).digest };
}

/**
 * Makes sure that the services have the images of a task: a data set of theirs by that name, else the images that are found here.
 * @param skipBad leaves unreadable images out
 */
export async function uploadTask(
  { out }: CommandContext,
  store: ArtifactStore,
  { preprocess }: NamedBackbone,
  { task, skipBad }: { readonly task: string; readonly skipBad: boolean },
): Promise<UploadedTask> {
  const [{ openDataset }, { storeDataset }] = await Promise.all([
    import('@medlego/data'),
    import('@medlego/workflows'),
  ]);
  const dataset = await openDataset(task, { searchDirs: dataFolders, preprocess, skipBad });
  dataset.notices.forEach((notice) => out.note(notice));
  out.note(`${dataset.task.name}: sending the images, unless they are there ...`);
  const { digest } = await storeDataset(store, dataset);
  return { task: dataset.task.name, dataset: digest };
}

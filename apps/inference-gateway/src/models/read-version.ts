import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { UnsupportedModelError } from '@medlego/errors';
import type { Task } from '@medlego/tasks';
import type { NamedTensors } from '@medlego/tensors';
import { assertHead, type AdapterModel } from '@medlego/training';
import { featureDim } from '@medlego/vit';
import { needsTask, openBackboneByDigest, readAdapterFiles, readHead, type NamedBackbone } from '@medlego/workflows';

/** All that answers come from, every byte checked against its digest. */
export interface VersionFiles {
  readonly artifact: StoredArtifact;
  readonly backbone: NamedBackbone;
  readonly adapter: AdapterModel | null;
  readonly heads: readonly { readonly task: Task; readonly head: NamedTensors }[];
}

/** @throws errors of the store; UnsupportedModelError for a method that has to be told the task; errors of damaged tensors */
export async function readVersion(
  store: ArtifactStore,
  artifact: StoredArtifact,
  openBackbone: (digest: string) => Promise<NamedBackbone>,
): Promise<VersionFiles> {
  const { manifest, digest } = artifact;
  if (needsTask(artifact))
    throw new UnsupportedModelError({
      source: digest,
      feature: 'a merge method that has to be told the task',
      supported: 'one adapter for all tasks',
    });
  const backbone = await openBackbone(manifest.backbone!);
  const heads = await Promise.all(
    manifest.tasks.map(async (task) => {
      const head = await readHead(store, artifact, task.name);
      assertHead(head, task.labels.length, featureDim(backbone.config));
      return { task, head };
    }),
  );
  return { artifact, backbone, adapter: await readAdapterFiles(store, artifact, backbone.config), heads };
}

/** Opens each backbone once. */
export function backboneOpener(store: ArtifactStore, modelFolders: readonly string[]) {
  const known = new Map<string, Promise<NamedBackbone>>();
  return (digest: string): Promise<NamedBackbone> => {
    let backbone = known.get(digest);
    if (!backbone) {
      backbone = openBackboneByDigest(store, digest, modelFolders);
      known.set(digest, backbone);
      backbone.catch(() => known.delete(digest));
    }
    return backbone;
  };
}

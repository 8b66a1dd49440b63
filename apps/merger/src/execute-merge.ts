import type { ArtifactStore } from '@medlego/artifacts';
import type { RunAt } from '@medlego/registry';
import { specOf } from './merge-spec.ts';

export interface ExecuteMergeOptions {
  readonly store: ArtifactStore;
  /** Folders that hold backbones which are not in the store. */
  readonly modelFolders?: readonly string[];
}

/** Merges what a run says, in this process; the digest of the generalist. @throws as `mergeSpecialists` */
export async function executeMerge(run: RunAt, { store, modelFolders = [] }: ExecuteMergeOptions): Promise<string> {
  // What computes is loaded by the first merge: an idle service does without.
  const { isFullModel, mergeFullSpecialists, mergeSpecialists, openBackboneByDigest } =
    await import('@medlego/workflows');
  const { recipe, members } = specOf(run);
  const first = await store.get(members[0]!.artifact, { kind: 'specialist' });
  const backbone = await openBackboneByDigest(store, first.manifest.backbone!, modelFolders);
  const merge = isFullModel(first) ? mergeFullSpecialists : mergeSpecialists;
  const { artifact } = await merge({
    store,
    backbone,
    name: run.name,
    recipe: { method: recipe.method, params: recipe.params, space: recipe.space ?? undefined },
    members: members.map(({ artifact: ref, task, weight }) => ({ ref, task, weight: weight ?? undefined })),
  });
  return artifact.digest;
}

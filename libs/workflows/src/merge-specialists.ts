import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { findMethod, mergeAdapters, type MergeRecipe, type MergeResult } from '@medlego/merging';
import { adapterFromUpdates } from '@medlego/vit';
import { adapterFiles, taskAdapterFiles } from './adapter-files.ts';
import type { NamedBackbone } from './backbones.ts';
import { loadMembers, type MemberRef } from './generalist/load-members.ts';
import type { TunedRecord } from './generalist/recipe-document.ts';
import { storeGeneralist } from './generalist/store-generalist.ts';

export interface MergeSpecialistsOptions {
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly members: readonly MemberRef[];
  readonly recipe: MergeRecipe;
  /** How the recipe's parameters were found, if a search found them. */
  readonly tuned?: TunedRecord | undefined;
  readonly name: string;
}

export interface MergedSpecialists extends MergeResult {
  readonly artifact: StoredArtifact;
}

/**
 * Merges specialists of one backbone into a generalist that keeps every member's head, and stores it under `name`.
 * @throws as `loadMembers` and `mergeAdapters`; a wrong recipe is refused before anything is read
 */
export async function mergeSpecialists(options: MergeSpecialistsOptions): Promise<MergedSpecialists> {
  const { store, backbone, recipe, tuned, name } = options;
  findMethod(recipe.method).configure(recipe.params);
  const members = await loadMembers({ store, backbone, members: options.members, method: recipe.method });
  const result = mergeAdapters(
    members.map(({ member }) => member),
    recipe,
    { backbone: backbone.digest },
  );
  const { updates, taskUpdates = {}, report } = result;
  const merged = {
    ...adapterFiles(backbone.config, adapterFromUpdates(updates)),
    ...taskAdapterFiles(backbone.config, taskUpdates),
  };
  return { ...result, artifact: await storeGeneralist({ store, backbone, members, merged, report, tuned, name }) };
}

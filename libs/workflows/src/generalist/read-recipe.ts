import { generalistFiles, type ArtifactStore, type StoredArtifact } from '@medlego/artifacts';
import { NotMergedError } from '@medlego/errors';
import { mergeMethods } from '@medlego/merging';
import { parseRecipe, type RecipeDocument } from './recipe-document.ts';

/** @throws NotMergedError for a generalist that no merge of adapters made, or one without the named file of a merge */
export function assertMerged({ digest, manifest }: StoredArtifact, file: string = generalistFiles.recipe): void {
  const method = (manifest.config['recipe'] as { method?: string } | undefined)?.method ?? 'other means';
  if (!mergeMethods.some(({ id }) => id === method) || !manifest.files[file])
    throw new NotMergedError({ generalist: digest.slice(0, 19), method });
}

/**
 * The recipe that a generalist was made by, members by digest: `mergeSpecialists` with it makes the same generalist again.
 * @throws NotMergedError
 */
export async function readRecipe(store: ArtifactStore, generalist: StoredArtifact): Promise<RecipeDocument> {
  assertMerged(generalist);
  const text = new TextDecoder().decode(await store.readFile(generalist, generalistFiles.recipe));
  return parseRecipe(JSON.parse(text), `recipe of ${generalist.digest.slice(0, 19)}`);
}

import { generalistFiles, type ArtifactStore, type StoredArtifact } from '@medlego/artifacts';

/** The merge report that travels in a generalist; null for what was not merged. */
export async function readMergeReport(store: ArtifactStore, artifact: StoredArtifact): Promise<unknown> {
  if (artifact.manifest.kind !== 'generalist' || !artifact.manifest.files[generalistFiles.report]) return null;
  return JSON.parse(new TextDecoder().decode(await store.readFile(artifact, generalistFiles.report)));
}

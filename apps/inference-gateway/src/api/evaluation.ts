import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';

/** File of a report artifact: what `medlego evaluate --json` prints. */
export const evaluationFile = 'evaluation.json';

/** The newest evaluation of an artifact: of the reports whose `subject` it is. Null without any. */
export async function readEvaluation(store: ArtifactStore, { digest }: StoredArtifact): Promise<unknown> {
  const reports = await store.list({ kind: 'report', parent: digest });
  const newest = reports.findLast(
    ({ manifest }) =>
      manifest.files[evaluationFile] &&
      manifest.parents.some((parent) => parent.role === 'subject' && parent.digest === digest),
  );
  return newest ? JSON.parse(new TextDecoder().decode(await store.readFile(newest, evaluationFile))) : null;
}

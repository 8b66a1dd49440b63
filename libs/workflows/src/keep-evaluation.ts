import { jsonFile, type ArtifactStore, type StoredArtifact } from '@medlego/artifacts';
import { creator } from './creator.ts';

/** File of a report artifact that holds an evaluation: what `medlego evaluate --json` prints. */
export const evaluationFile = 'evaluation.json';

/**
 * Stores an evaluation as a report about `subject`. The same figures give the same artifact.
 * @param document one JSON object
 * @throws as `ArtifactStore.put`
 */
export function keepEvaluation(
  store: ArtifactStore,
  subject: Pick<StoredArtifact, 'digest'>,
  document: Readonly<Record<string, unknown>>,
): Promise<StoredArtifact> {
  return store.put({
    kind: 'report',
    files: { [evaluationFile]: jsonFile(document) },
    parents: [{ digest: subject.digest, role: 'subject' }],
    creator,
  });
}

/** The newest evaluation of an artifact, as it was given to `keepEvaluation`; null without any. @throws errors of the store */
export async function readEvaluation(
  store: ArtifactStore,
  { digest }: Pick<StoredArtifact, 'digest'>,
): Promise<unknown> {
  const reports = await store.list({ kind: 'report', parent: digest });
  const newest = reports.findLast(
    ({ manifest }) =>
      manifest.files[evaluationFile] &&
      manifest.parents.some((parent) => parent.role === 'subject' && parent.digest === digest),
  );
  return newest ? JSON.parse(new TextDecoder().decode(await store.readFile(newest, evaluationFile))) : null;
}

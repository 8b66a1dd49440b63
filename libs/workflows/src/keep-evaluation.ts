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

export interface KeptEvaluation {
  readonly report: StoredArtifact;
  /** As it was given to `keepEvaluation`. */
  readonly document: unknown;
}

/**
 * The newest evaluation of an artifact; null without any.
 * @param split only on these images; default: any
 * @throws errors of the store
 */
export async function findEvaluation(
  store: ArtifactStore,
  { digest }: Pick<StoredArtifact, 'digest'>,
  { split }: { readonly split?: string } = {},
): Promise<KeptEvaluation | null> {
  const reports = await store.list({ kind: 'report', parent: digest });
  for (const report of reports.toReversed()) {
    const isAbout = report.manifest.parents.some((parent) => parent.role === 'subject' && parent.digest === digest);
    if (!isAbout || !report.manifest.files[evaluationFile]) continue;
    const document = await readReport(store, report);
    if (split === undefined || (document as { split?: unknown }).split === split) return { report, document };
  }
  return null;
}

/** What a report holds, as it was given to `keepEvaluation`. @throws errors of the store */
export async function readReport(store: ArtifactStore, report: StoredArtifact): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await store.readFile(report, evaluationFile)));
}

/** The newest evaluation of an artifact, as it was given to `keepEvaluation`; null without any. @throws errors of the store */
export const readEvaluation = async (store: ArtifactStore, subject: Pick<StoredArtifact, 'digest'>): Promise<unknown> =>
  (await findEvaluation(store, subject))?.document ?? null;

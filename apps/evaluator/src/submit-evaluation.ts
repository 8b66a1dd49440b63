import { createHash } from 'node:crypto';
import { parseRef, type ArtifactStore } from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import type { EventData } from '@medlego/contracts';
import type { SubmitEvaluationRequest } from '@medlego/contracts/rpc';
import { InvalidValueError } from '@medlego/errors';
import type { Registry, RunAt } from '@medlego/registry';
import { findRun, submitRun } from '@medlego/run-service';
import { comparisonRows, type ComparisonRow } from '@medlego/workflows/reports';
import { specOf, toSpecJson, type EvaluationSpec } from './evaluation-spec.ts';

export interface SubmitEvaluationOptions {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
}

/**
 * Records an evaluation. The same request again is the same run, about what its name stood for at first.
 * @throws InvalidValueError naming the field, ArtifactNotFoundError
 */
export async function submitEvaluation(
  request: SubmitEvaluationRequest,
  options: SubmitEvaluationOptions,
): Promise<RunAt> {
  const { requestId, artifact: requested } = request;
  const split = toSplit(request.split);
  const against = request.against.length === 0 ? [...comparisonRows] : request.against.map(toRow);
  const known = await findRun(options.registry, 'evaluation', requestId);
  const artifact = known
    ? specOf(known).artifact
    : await options.store.resolve(requested, { kind: ['specialist', 'generalist'] });
  const name = parseRef(requested).name ?? artifact.slice('sha256:'.length, 19);
  const spec = toSpecJson({ requested, artifact, split, against, gate: null });
  return submitRun({ kind: 'evaluation', requestId, name, spec }, options);
}

/** Records the evaluation by which a version of a generalist is promoted or refused; one per version, however often it is told of. */
export function submitGate(
  { name, version, artifact }: Pick<EventData<'generalist.merged'>, 'name' | 'version' | 'artifact'>,
  options: SubmitEvaluationOptions,
): Promise<RunAt> {
  const id = createHash('sha256').update(`${name}@${version} ${artifact}`).digest('hex').slice(0, 24);
  const gate = { generalist: name, version };
  const requested = `${name}@${version}`;
  const spec = toSpecJson({ requested, artifact, split: 'test', against: [...comparisonRows], gate });
  return submitRun(
    { kind: 'evaluation', requestId: `merged-${id}`, name, spec, labels: { generalist: name } },
    options,
  );
}

function toSplit(split: string): EvaluationSpec['split'] {
  if (split === '' || split === 'test') return 'test';
  if (split === 'val') return 'val';
  throw new InvalidValueError({ field: 'split', expected: 'test or val', actual: JSON.stringify(split.slice(0, 40)) });
}

/** `specialists` means what `specialist` does. */
function toRow(text: string): ComparisonRow {
  const row = comparisonRows.find((known) => known === text || `${known}s` === text);
  if (row) return row;
  throw new InvalidValueError({
    field: 'against',
    expected: `some of ${comparisonRows.join(', ')}`,
    actual: JSON.stringify(text.slice(0, 100)),
  });
}

import { randomUUID } from 'node:crypto';
import { EvaluationDefinition, RunState } from '@medlego/contracts/rpc';
import type { EvaluationDocument } from '@medlego/workflows';
import type { CommandContext } from '../context.ts';
import { fromEvaluationDocument, printEvaluation } from '../evaluation-table.ts';
import { openStore, shortDigest } from '../workspace.ts';
import { connectRemote } from './connect-remote.ts';
import { errorOf, followRuns } from './follow-runs.ts';

export interface EvaluateRemoteOptions {
  readonly ref: string;
  readonly split: string;
  readonly against: readonly string[];
  readonly requestId?: string;
}

/** Lets the evaluator measure an artifact where its images are, and prints the report. */
export async function evaluateRemote(context: CommandContext, options: EvaluateRemoteOptions): Promise<void> {
  const { ref, split, against, requestId = `cli-${randomUUID()}` } = options;
  const rpc = await connectRemote(context);
  const store = await openStore(context);
  const subject = await store.get(ref, { kind: ['specialist', 'generalist'] });
  const { run } = await rpc
    .client(EvaluationDefinition)
    .submitEvaluation({ requestId, artifact: subject.digest, split, against: [...against] });
  const [ended] = await followRuns(context, rpc, [run!]);
  if (context.signal.aborted) return;
  if (ended!.state !== RunState.RUN_STATE_SUCCEEDED) throw errorOf(ended!);
  const { readReport } = await import('@medlego/workflows');
  const report = await store.get(ended!.artifact, { kind: 'report' });
  const document = (await readReport(store, report)) as EvaluationDocument;
  printEvaluation(context.out, fromEvaluationDocument(document, subject.manifest.kind as 'specialist' | 'generalist'));
  context.out.note(`Kept as report ${shortDigest(report.digest)}.`);
  context.out.document(document);
}

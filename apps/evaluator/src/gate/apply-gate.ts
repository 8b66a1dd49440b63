import type { ArtifactStore } from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import { RevisionConflictError } from '@medlego/errors';
import { toSegment, type Decision, type Registry, type Run } from '@medlego/registry';
import { readTrack } from '@medlego/run-service';
import { specOf } from '../evaluation-spec.ts';
import { announceDecision } from '../promotions/announce-decision.ts';
import type { GatePolicy, GateVerdict } from './decide-gate.ts';
import { judge } from './judge.ts';

export interface ApplyGateOptions {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
  readonly policy: GatePolicy;
  /** Who decides, as histories keep it. */
  readonly by: string;
}

/** What the gate said of a version, as the registry keeps it under `verdict.<generalist>.<version>`. */
export interface VerdictDocument extends GateVerdict {
  readonly artifact: string;
  /** Null if there is no report, since it could not be evaluated. */
  readonly report: string | null;
}

/**
 * Applies the gate to the version that an evaluation run is about, once the run has ended: keeps the verdict, and refuses the version or,
 * if its generalist promotes itself, serves it. Repeating it changes nothing.
 */
export async function applyGate(run: Run, options: ApplyGateOptions): Promise<void> {
  const { registry, store, policy, by } = options;
  const { gate, artifact } = specOf(run);
  if (!gate) return;
  const { generalist, version } = gate;
  const report = run.state === 'succeeded' ? run.artifact! : null;
  const verdict = report === null ? notEvaluated(run) : await judge(store, artifact, report, policy);
  const kept: VerdictDocument = { ...verdict, artifact, report };
  await registry.documents.create(`verdict.${toSegment(generalist)}.${version}`, kept);
  const reason = verdict.reasons.join(' ').slice(0, 2000);
  const basis = { by, reason, ...(report !== null && { report }) };
  if (!verdict.passes) {
    const refused = await registry.names.refuse('generalist', generalist, version, basis);
    await announceDecision(generalist, refused, options);
  } else if ((await readTrack(registry, generalist))?.autoPromote) {
    const promoted = await promoteUnlessOlder(generalist, version, { ...basis, report: report! }, registry);
    if (promoted) await announceDecision(generalist, promoted, options);
  }
}

function notEvaluated({ state, error, cancelReason }: Run): GateVerdict {
  const why = state === 'failed' ? error!.message : `its evaluation was cancelled. ${cancelReason ?? ''}`.trim();
  return { passes: false, reasons: [`It could not be evaluated: ${why}`] };
}

/** Null where a newer version is served already. A promotion that was done once is not done again: somebody may have rolled it back. */
async function promoteUnlessOlder(
  generalist: string,
  version: number,
  basis: { readonly by: string; readonly reason: string; readonly report: string },
  { names }: Registry,
): Promise<Decision | null> {
  for (;;) {
    const { serving, decisions } = await names.get('generalist', generalist);
    const before = decisions.findLast(
      (decision) => decision.outcome === 'promoted' && decision.version === version && decision.report === basis.report,
    );
    if (before) return before;
    if (serving !== null && serving > version) return null;
    try {
      return await names.promote('generalist', generalist, version, { ...basis, expectedServing: serving });
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error; // somebody else decided: look again
    }
  }
}
